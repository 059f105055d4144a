import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv-draft-04";
import { describe, expect, it } from "vitest";
import type { OperationLog } from "../../../deployment/display/operation-log";
import { longestComment, mergeComment, parseComment } from "../../../operations/report/markdown/comment";
import { fence, inlineText } from "../../../operations/report/markdown/inline-text";
import { reportSection } from "../../../operations/report/markdown/section";
import { sarifLog } from "../../../operations/report/sarif";
import { stackSources } from "../../../operations/report/source-location";
import { buildReport } from "../../../operations/report/stack-report";
// The registry loads a system with require, which reads TypeScript only through this loader.
import "../../../lib/module-loader/typescript-loader.cjs";
import { recordedLog, recordedRuns } from "../../deployment/display/recordings";
import { type PlannedStep, planLog, urnOf } from "../guard/planned-log";

const root = join(__dirname, "../../..");
const schema: object = JSON.parse(readFileSync(join(root, "test/fixtures/sarif/sarif-2.1.0-rtm.5.json"), "utf8"));
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);
const report = (log: OperationLog, stack = "prod") =>
  buildReport(log, { stack, engine: "pulumi", overrides: [], sources: stackSources(root, stack, root) });

describe("reports of the real engine's recorded events", () => {
  it("are written for every run, within the limit, with valid SARIF", () => {
    for (const run of recordedRuns) {
      const built = report(recordedLog(run), "dev");
      expect(reportSection(built, longestComment, {}).length, run).toBeLessThan(longestComment);
      expect(validate(sarifLog(built)), `${run}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
  });

  it("lead with the replacement and the property that forces it", () => {
    const text = reportSection(report(recordedLog("recordings/14-preview-replace")), 60_000, {});
    expect(text).toMatch(
      /### What can hurt\n\n- 🔴 \*\*stateful\*\*: .*StorageAccount account is replaced, forced by location/,
    );
  });

  it("hold violations with what to do, and never a secret", () => {
    const built = report(recordedLog("recordings-2/02-violation-on-fresh-stack-preview"));
    expect(reportSection(built, 60_000, {})).toContain("allowBlobPublicAccess must be false");
    expect(sarifLog(built).runs[0]?.results).toMatchObject([{ ruleId: "no-public-blobs", level: "error" }]);
  });
});

describe("places", () => {
  it("are the inventory's entry of the component, by name or by environment", () => {
    const site = { op: "create", type: "landscape:static-site:StaticSite", name: "alai.no" } as const;
    const server = { op: "update", type: "landscape:postgresql:PostgresServer", name: "postgres" } as const;
    const log = planLog([site, server]);
    const { locate } = report(log);
    const lines = (file: string) => readFileSync(join(root, file), "utf8").split("\n");
    const places = [...log.rows.keys()].map(locate);
    expect(places.map((place) => place?.file)).toEqual([
      "stacks/alai/inventory/sites.yaml",
      "stacks/alai/inventory/environments.yaml",
    ]);
    expect(lines("stacks/alai/inventory/sites.yaml")[(places[0]?.line ?? 0) - 1]).toContain("domain: alai.no");
    expect(lines("stacks/alai/inventory/environments.yaml")[(places[1]?.line ?? 0) - 1]).toContain("postgres:");
  });
});

describe("the cost of a plan", () => {
  const budget: PlannedStep = {
    op: "same",
    type: "azure-native:consumption:Budget",
    name: "monthly",
    parent: urnOf({ type: "landscape:budget:Budget", name: "monthly" }),
    old: { inputs: { amount: 1 } },
    new: { inputs: { amount: 1 } },
  };
  const account = {
    op: "same",
    type: "azure-native:storage:StorageAccount",
    name: "store",
    old: { inputs: { sku: { name: "Standard_LRS" } } },
    new: { inputs: { sku: { name: "Standard_LRS" } } },
  } as const;
  const section = reportSection(
    report(planLog([{ op: "same", type: "landscape:budget:Budget", name: "monthly" }, budget, account])),
    60_000,
    {},
  );

  it("that stays the same has a sum that says so, and no empty bold cell", () => {
    expect(section).toContain("| **Sum** | **2.35** | **2.35** | **0.00** |");
    expect(section).not.toContain("****");
  });

  it("above the stack's budget is an advisory at the inventory's line of the budget", () => {
    const place = /budget is 1\.00 USD a month.* (stacks\/alai\/inventory\/environments\.yaml):(\d+)$/m.exec(section);
    const lines = readFileSync(join(root, place?.[1] ?? ""), "utf8").split("\n");
    expect(lines[Number(place?.[2]) - 1]).toContain("budget:");
  });
});

describe("long plans", () => {
  const steps: PlannedStep[] = Array.from({ length: 5000 }, (_, index) => ({
    op: "create",
    type: "cloudflare:index/dnsRecord:DnsRecord",
    name: `record-${index}`,
    new: { inputs: { content: "x".repeat(200), index } },
  }));

  it("never exceed the room they have, and say what was cut and where it is", () => {
    const built = report(planLog(steps));
    for (const budget of [1000, 5000, 20_000, 63_000]) {
      expect(reportSection(built, budget, {}).length).toBeLessThanOrEqual(budget);
    }
    const text = reportSection(built, 63_000, { run: "https://github.com/o/r/actions/runs/1" });
    expect(text).toContain(
      "✂️ Shortened: 5000 resources only counted; [the whole report](https://github.com/o/r/actions/runs/1)",
    );
  });
});

describe("text from outside", () => {
  it("can neither mark up, nor notify, nor link, nor close a fence", () => {
    const evil = "</details> <img src=x> @team [a](b) `x` *y* #12 \u202e\n# heading";
    const text = inlineText(evil);
    expect(text).not.toMatch(/<|@team|\n|\u202e|(?<!\\)[`*[\]]|#12/);
    expect(fence(["```", "# out"], "diff").startsWith("````diff\n")).toBe(true);
  });
});

describe("the comment of all stacks", () => {
  const long = (budget: number) => "x".repeat(budget);

  it("keeps the others' parts, replaces the stack's own, and leaves a later run's alone", () => {
    const dev = mergeComment("", { stack: "dev", run: 5, write: () => "dev says" });
    const both = mergeComment(dev, { stack: "prod", run: 6, write: () => "prod says" });
    expect(parseComment(both).map(({ stack, text }) => [stack, text])).toEqual([
      ["dev", "dev says"],
      ["prod", "prod says"],
    ]);
    expect(mergeComment(both, { stack: "dev", run: 4, write: () => "old" })).toBe(both);
    expect(parseComment(mergeComment(both, { stack: "dev", run: 7, write: () => "new" }))[0]?.text).toBe("new");
  });

  it("never grows beyond the limit, whatever each stack has to say", () => {
    let body = "";
    for (const [run, stack] of ["a", "b", "c", "d"].entries()) {
      const write = (budget: number) => `## ${stack}\n\n### More\n\n${long(budget - 30)}`;
      body = mergeComment(body, { stack, run, write });
      expect(body.length).toBeLessThanOrEqual(longestComment);
    }
    expect(parseComment(body)).toHaveLength(4);
  });
});
