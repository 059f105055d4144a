import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serviceSchema } from "../../components/container-apps/schema";
import { watchRuleSchema } from "../../components/observability/schema";
import { signals, watchedKinds } from "../../components/observability/signals";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { loadApplicationInventory } from "../../stacks/inventory/application-inventory";
import { missingJobsAreSeen } from "../../stacks/inventory/rules/monitoring-rules";
import { addressBlockOf, systemNames } from "../../stacks/registry";
import { afterEdit } from "./inventory-edit";

const root = join(__dirname, "..", "..");
const rule = "  - { watch: app, signal: restarts, warning: { above: 3 } }";
const place = "monitoring.yaml rules[1]";

describe("an alert rule", () => {
  it.each([
    [
      rule.replace("app,", "app, only: [mc-apy],"),
      `${place}.only[0]: no app of this name, "mc-apy"; did you mean "mc-api"?`,
    ],
    [
      rule.replace("app,", "queue, only: [jobs],").replace("restarts", "backlog"),
      `${place}.only[0]: no queue of this name, "jobs"`,
    ],
    [
      rule.replace("app,", "app, environments: [prd],"),
      `${place}.environments[0]: no environment of this name, "prd"; did you mean "prod"?`,
    ],
    [
      rule.replace("restarts, warning: { above: 3 }", "down, critical: {}"),
      `${place}: critical of down of app mc-api in prod is said by a rule before; say it once`,
    ],
  ])("names what there is, once: %s", (edited, problem) => {
    expect(afterEdit("monitoring.yaml", rule, edited)).toEqual([problem]);
  });

  it.each([
    ["0 2 * * *", []],
    ["0 2 * * 1-5", ["monitoring.yaml"]],
    ["0 2 1 * *", ["monitoring.yaml"]],
  ])("sees within two days that a job did not run: %s", (schedule, files) => {
    const job = { name: "dumps", kind: "job", tier: "P1", repository: "ghcr.io/a/b", schedule, timeoutSeconds: 60 };
    const problems = missingJobsAreSeen({
      environments: { environments: {}, presets: {} },
      services: { services: [serviceSchema.parse(job)] },
      monitoring: {
        routes: { critical: ["ops"], warning: ["ops"], info: ["ops"] },
        rules: [watchRuleSchema.parse({ watch: "job", signal: "missing", critical: { within: "1h" } })],
      },
    });
    expect(problems.map(({ file }) => file)).toEqual(files);
  });

  it("has a page that says what to do, in every system and for every signal", () => {
    const inventories = systemNames.map((system) =>
      system === "alai"
        ? loadAlaiInventory()
        : loadApplicationInventory(join(root, "stacks", system, "inventory"), addressBlockOf(system)),
    );
    const named = inventories.flatMap(({ monitoring }) => monitoring.rules.flatMap(({ runbook }) => runbook ?? []));
    const own = watchedKinds.flatMap((kind) => Object.keys(signals[kind]).map((signal) => `${kind}#${signal}`));
    expect(named).not.toEqual([]);
    for (const link of [...named, ...own]) {
      const [page, heading] = link.split("#");
      expect(readFileSync(join(root, "docs", "runbooks", `${page}.md`), "utf8")).toContain(`\n## ${heading}\n`);
    }
  });
});
