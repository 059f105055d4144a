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
import { afterEdit, afterEdits } from "./inventory-edit";

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
    ["0 2 * * *", "1h", undefined],
    ["0 2 * * 1-5", "1h", undefined],
    ["0 2 * * 0", "1d", undefined],
    ["0 2 * * 0", "25h", "Azure looks back two days at most: say 1d or less"],
    ["0 * * * 1-5", "1h", "of a job with longer pauses a rule knows seven times a week"],
    ["0 2 1 * *", "1h", "which days of the month that is takes a calendar: give days of the week"],
  ])("can see that a job did not run: %s, within %s", (schedule, within, problem) => {
    const job = { name: "dumps", kind: "job", tier: "P1", repository: "ghcr.io/a/b", schedule, timeoutSeconds: 60 };
    const problems = missingJobsAreSeen({
      environments: { environments: {}, presets: {} },
      services: { services: [serviceSchema.parse(job)] },
      monitoring: {
        routes: { critical: ["ops"], warning: ["ops"], info: ["ops"] },
        rules: [watchRuleSchema.parse({ watch: "job", signal: "missing", critical: { within } })],
      },
    });
    expect(problems.map(({ file, path }) => [file, path.join(".")])).toEqual(
      problem === undefined ? [] : [["monitoring.yaml", "rules.0.critical.within"]],
    );
    expect(problems[0]?.message ?? "").toContain(problem ?? "");
  });

  it.each([
    ["expr: up ==", "groups[0].rules[0].expr", "expected an expression of PromQL; something is missing at its end"],
    [
      `expr: 'up{job="mc-apy"} == 0'`,
      "groups[0].rules[0].expr",
      '"mc-apy" shows no metrics in services.yaml; did you mean "mc-api"?',
    ],
    ["environments: [dev]", "groups[0].environments[0]", 'no environment that collects metrics, "dev"'],
    ["again: true", "groups[1].rules[0]", "Down in prod is an alert before; name it otherwise"],
  ])("over what apps measure asks for what they do: %s", (edit, path, problem) => {
    const [expr, environments] = [edit.startsWith("expr") ? edit : `expr: 'up{job="mc-api"} == 0'`, edit];
    const group = (name: string) =>
      [
        `  - name: ${name}`,
        ...(environments.startsWith("environments") ? [`    ${environments}`] : []),
        "    rules:",
        `      - { alert: Down, ${expr}, severity: critical, summary: down, runbook: app#down }`,
      ].join("\n");
    const groups = [group("one"), ...(edit === "again: true" ? [group("two")] : [])].join("\n");
    const problems = afterEdits(
      ["monitoring.yaml", "rules:\n", `groups:\n${groups}\nrules:\n`],
      ["environments.yaml", "  prod:\n", "  prod:\n    metrics: { everySeconds: 30 }\n"],
      ["services.yaml", /name: mc-api\n {4}kind: app\n/, "name: mc-api\n    kind: app\n    metrics: { port: 9090 }\n"],
    );
    expect(problems).toEqual([`monitoring.yaml ${path}: ${problem}`]);
  });

  it("over what apps measure needs an environment that collects it", () => {
    const rule = "{ alert: Down, expr: up == 0, severity: critical, summary: down, runbook: app#down }";
    const groups = `groups:\n  - { name: one, rules: [${rule}] }\n`;
    expect(afterEdit("monitoring.yaml", "rules:\n", `${groups}rules:\n`)).toEqual([
      "monitoring.yaml groups[0]: no environment collects metrics: give one metrics in environments.yaml, or leave this out",
    ]);
  });

  it("of an objective asks for services that show metrics, under a name of its own", () => {
    const slo = "{ name: api, service: mc-apy, objective: 99.9, total: hits, bad: misses, runbook: app#down }";
    const problems = afterEdits(
      ["monitoring.yaml", "rules:\n", `slos:\n  - ${slo}\n  - ${slo.replace("mc-apy", "mc-api")}\nrules:\n`],
      ["environments.yaml", "  prod:\n", "  prod:\n    metrics: { everySeconds: 30 }\n"],
      ["services.yaml", /name: mc-api\n {4}kind: app\n/, "name: mc-api\n    kind: app\n    metrics: { port: 9090 }\n"],
    );
    expect(problems).toEqual([
      'monitoring.yaml slos[0].service: "mc-apy" shows no metrics in services.yaml; did you mean "mc-api"?',
      'monitoring.yaml slos[1].name: "api" is an objective before; name it otherwise',
    ]);
  });

  it("of a dashboard's chart is there, and compares what the others in it do", () => {
    const alert = (name: string, expr: string) =>
      `{ alert: ${name}, expr: "${expr}", severity: critical, summary: down, runbook: app#down }`;
    const rules = [alert("Down", "up == 0"), alert("Few", "up < 1"), alert("Slow", "delay > 2")].join(", ");
    const shown = (panel: string) =>
      afterEdits(
        [
          "monitoring.yaml",
          "rules:\n",
          `groups:\n  - { name: one, rules: [${rules}] }\ndashboards:\n  - { name: all, title: All, panels: [{ title: T, ${panel} }] }\nrules:\n`,
        ],
        ["environments.yaml", "  prod:\n", "  prod:\n    metrics: { everySeconds: 30 }\n"],
      );
    const at = "monitoring.yaml dashboards[0].panels[0]";
    expect(shown("alerts: [Down, Few]")).toEqual([]);
    expect(shown("alerts: [Dwn]")).toEqual([`${at}.alerts[0]: no alert of this name, "Dwn"; did you mean "Down"?`]);
    expect(shown("alerts: [Down, Slow]")).toEqual([
      `${at}.alerts: one chart shows one thing: expected alerts that compare the same with numbers`,
    ]);
    expect(shown("watch: app, signal: cpuu").join()).toContain(
      'no signal "cpuu" of app that Azure measures; there are',
    );
    expect(shown("watch: job, signal: failed").join()).toContain('no signal "failed" of job that Azure measures');
    expect(shown("expr: up, alerts: [Down]")).toEqual([`${at}: expected one of alerts, expr, and watch with signal`]);
  });

  it("has a page that says what to do, in every system and for every signal", () => {
    const inventories = systemNames.map((system) =>
      system === "alai"
        ? loadAlaiInventory()
        : loadApplicationInventory(join(root, "stacks", system, "inventory"), addressBlockOf(system)),
    );
    const named = inventories.flatMap(({ monitoring }) => [
      ...monitoring.rules.flatMap(({ runbook }) => runbook ?? []),
      ...(monitoring.slos ?? []).map(({ runbook }) => runbook),
      ...(monitoring.groups ?? []).flatMap(({ rules }) =>
        rules.flatMap((one) => ("alert" in one ? [one.runbook] : [])),
      ),
    ]);
    const own = watchedKinds.flatMap((kind) => Object.keys(signals[kind]).map((signal) => `${kind}#${signal}`));
    expect(named).not.toEqual([]);
    for (const link of [...named, ...own]) {
      const [page, heading] = link.split("#");
      expect(readFileSync(join(root, "docs", "runbooks", `${page}.md`), "utf8")).toContain(`\n## ${heading}\n`);
    }
  });
});
