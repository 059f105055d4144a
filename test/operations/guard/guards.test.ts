import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { plainPaint } from "../../../deployment/display/terminal";
import { stackGuards } from "../../../operations/guard/guard-limits";
import { parseOverrides } from "../../../operations/guard/override";
import { guardLines, runGuards } from "../../../operations/guard/run-guards";
import type { Departures } from "../../../operations/report/inventory-lines";
import { recordedLog } from "../../deployment/display/recordings";
import { type PlannedStep, planLog, urnOf } from "./planned-log";

const account = "azure-native:storage:StorageAccount";
const record = "cloudflare:index/dnsRecord:DnsRecord";
const dev = stackGuards("dev");
const noDepartures = () => ({ said: () => undefined, way: () => undefined });
const report = (steps: readonly PlannedStep[], stack = dev) => runGuards(planLog(steps), stack, [], noDepartures);
const messages = (steps: readonly PlannedStep[]) =>
  report(steps).findings.map(({ guard, message }) => `${guard}: ${message}`);
const many = (count: number, step: Omit<PlannedStep, "name" | "type">): PlannedStep[] =>
  Array.from({ length: count }, (_, index) => ({ ...step, type: record, name: `record-${index}` }));

describe("plans recorded on the real engine", () => {
  const found = (run: string) =>
    runGuards(recordedLog(run), dev, [], noDepartures).findings.map(({ message }) => message);

  it("names the property that forces a replacement", () => {
    expect(found("recordings/14-preview-replace")).toEqual([
      "azure-native:storage:StorageAccount account is replaced, forced by location; what is in it is lost",
    ]);
  });

  it("names what a resource is replaced because of, where the engine names no property", () => {
    expect(found("recordings-2/34-cascade-preview")).toEqual([
      expect.stringContaining("StorageAccount account is replaced, forced by location"),
      "azure-native:storage:BlobContainer container is replaced, because it goes with azure-native:storage:StorageAccount account (location); what is in it is lost",
    ]);
  });

  it("names the property also where the engine refuses the plan because of protection", () => {
    expect(found("recordings-2/38-protected-replace-preview")[0]).toContain("forced by location");
  });

  it("sees a deletion, and protection that is taken away", () => {
    expect(found("recordings/26-protected-delete-preview")).toEqual([
      "azure-native:resources:ResourceGroup group is deleted; what is in it is lost",
    ]);
    expect(found("recordings/35-unprotect")).toContainEqual(
      expect.stringContaining("ResourceGroup group: protect is taken away"),
    );
  });

  it("has nothing to say of plans that create or change nothing", () => {
    for (const run of ["recordings/01-preview-create", "recordings/03-no-change", "recordings-2/03-preview"]) {
      expect(found(run), run).toEqual([]);
    }
  });
});

describe("stateful resources", () => {
  it("are guarded also as a versioned type", () => {
    const type = "azure-native:storage/v20230101:StorageAccount";
    expect(messages([{ op: "delete", type, name: "data" }])).toHaveLength(1);
  });

  it("are let go of, not lost, when they are retained", () => {
    expect(messages([{ op: "delete", type: account, name: "data", old: { retainOnDelete: true } }])).toEqual([
      "retention: azure-native:storage:StorageAccount data is let go of: it stays in the cloud with what is in it, and nobody manages it",
    ]);
  });

  it("say how to save what is inside", () => {
    expect(report([{ op: "delete", type: account, name: "data" }]).findings[0]?.remediation).toContain("azcopy copy");
  });

  it("are no concern when they hold nothing", () => {
    expect(messages([{ op: "delete", type: record, name: "www" }])).toEqual([]);
  });
});

describe("blast radius", () => {
  it("counts what is changed, deleted and replaced of what exists, and no creations", () => {
    const steps = [
      ...many(2, { op: "update" }),
      { op: "create", type: record, name: "new" } as const,
      { op: "delete", type: record, name: "gone" } as const,
      { op: "same", type: record, name: "same" } as const,
      { op: "delete", type: record, name: "kept", old: { retainOnDelete: true } } as const,
    ];
    expect(report(steps).radius).toEqual({ existing: 5, changed: 2, deleted: 1, replaced: 0 });
  });

  const prod = stackGuards("prod");
  const guardOf = (steps: readonly PlannedStep[]) => report(steps, prod).findings.map(({ message }) => message);

  it("refuses more than the count", () => {
    const rest = Array.from(
      { length: 1000 },
      (_, index): PlannedStep => ({ op: "same", type: record, name: `other-${index}` }),
    );
    expect(guardOf([...many(20, { op: "delete" }), ...rest])).toEqual([]);
    expect(guardOf([...many(21, { op: "delete" }), ...rest])).toEqual([
      "21 of 1021 resources are deleted (2 %); the limit is 20",
    ]);
  });

  it("refuses more than the share, not of a few", () => {
    expect(guardOf(many(5, { op: "delete" }))).toEqual([]);
    expect(guardOf(many(6, { op: "delete" }))).toEqual([
      "6 of 6 resources are deleted (100 %); the limit is 10 % where it is more than 5",
    ]);
  });

  it("leaves preview environments alone", () => {
    const gone = [{ op: "delete", type: account, name: "data" } as const, ...many(50, { op: "delete" })];
    for (const stack of ["pr-12", "kimberly-pr-12"]) expect(report(gone, stackGuards(stack)).findings).toEqual([]);
    expect(report(gone, stackGuards("kimberly-prod")).findings).not.toEqual([]);
  });
});

describe("retention", () => {
  const update = (old: PlannedStep["old"], next: PlannedStep["new"], op: "update" | "same" = "update") =>
    messages([
      {
        op,
        type: "azure-native:dbforpostgresql:Server",
        name: "postgres",
        ...(old && { old }),
        ...(next && { new: next }),
      },
    ]);

  it("notices protection that goes, also without another change", () => {
    expect(update({ protect: true }, {}, "same")).toEqual([expect.stringContaining("protect is taken away")]);
    expect(update({ retainOnDelete: true }, {})).toEqual([expect.stringContaining("retainOnDelete is taken away")]);
    expect(update({}, { protect: true, retainOnDelete: true })).toEqual([]);
  });

  it("notices a retention that becomes shorter, not one that becomes longer", () => {
    const days = (value: number) => ({ inputs: { backup: { backupRetentionDays: value } } });
    expect(update(days(14), days(7))).toEqual([
      expect.stringContaining("backup.backupRetentionDays is shortened from 14 to 7"),
    ]);
    expect(update(days(7), days(14))).toEqual([]);
  });
});

describe("overrides", () => {
  const plan = planLog([{ op: "delete", type: account, name: "data" }]);

  it("let a plan through, with their reason recorded", () => {
    const overrides = parseOverrides(["stateful=the data was moved = copied before"]);
    const guarded = runGuards(plan, dev, overrides, noDepartures);
    expect(guarded.blocking).toEqual([]);
    expect(guarded.overridden).toEqual([{ guard: "stateful", reason: "the data was moved = copied before" }]);
    expect(guardLines(guarded, plainPaint).join("\n")).toContain(
      "overridden  stateful: the data was moved = copied before",
    );
  });

  it("of one guard leave the others standing, and needless ones are told", () => {
    const guarded = runGuards(plan, dev, parseOverrides(["retention=nothing to do with it"]), noDepartures);
    expect(guarded.blocking).toHaveLength(1);
    expect(guarded.needless.map(({ guard }) => guard)).toEqual(["retention"]);
  });

  it("need a guard that exists and a reason, and all mistakes are told at once", () => {
    const refuse = () =>
      parseOverrides(["stateful", "stateful=ok", "state=because I said so", "retention=a good reason"]);
    expect(refuse).toThrow(/--override stateful: expected a reason.*--override stateful=ok.*no guard "state"/s);
    expect(() => parseOverrides(["stateful=the first reason", "stateful=the second reason"])).toThrow("given twice");
  });
});

describe("what the inventory says leaves", () => {
  const site = "landscape:static-site:StaticSite";
  const project = "cloudflare:index/pagesProject:PagesProject";
  const parent = (name: string) => urnOf({ type: site, name });
  const steps = (step: Omit<PlannedStep, "type" | "name">, domain = "old.example"): PlannedStep[] => [
    { op: "same", type: site, name: domain },
    { ...step, type: project, name: domain, parent: parent(domain) },
  ];
  const departure = { name: "old.example", reason: "nobody visits it", file: "sites.yaml" };
  const departures = (): Departures => ({
    said: ({ type, name }) => (type === site && name === departure.name ? departure : undefined),
    way: (type) => (type === site ? "Retire it" : undefined),
  });
  const judged = (plan: readonly PlannedStep[], overrides: readonly string[] = []) =>
    runGuards(planLog(plan), dev, parseOverrides(overrides), departures);

  it.each<[string, Omit<PlannedStep, "type" | "name">]>([
    ["deleted", { op: "delete" }],
    ["let go of in the cloud", { op: "delete", old: { retainOnDelete: true } }],
    ["protected no more", { op: "same", old: { protect: true, retainOnDelete: true } }],
  ])("is %s with the reason, and an override would be needless", (_what, step) => {
    const report = judged(steps(step), ["stateful=because it is meant to"]);
    expect(report.blocking).toEqual([]);
    expect(report.findings.length).toBeGreaterThan(0);
    for (const { message } of report.findings) {
      expect(message).toContain("; sites.yaml says so of old.example: nobody visits it");
    }
    expect(report.needless).toHaveLength(1);
    expect(guardLines(report, plainPaint).join("\n")).toContain("! [said before]");
  });

  it("is not replaced, keeps nothing for a shorter time, and takes nobody else along", () => {
    const shorter = {
      op: "update",
      old: { inputs: { retentionDays: 9 } },
      new: { inputs: { retentionDays: 1 } },
    } as const;
    for (const step of [{ op: "replace" } as const, shorter]) expect(judged(steps(step)).blocking).toHaveLength(1);
    expect(judged(steps({ op: "delete" }, "other.example")).blocking).toHaveLength(1);
  });

  it("that is not said names the way", () => {
    expect(judged(steps({ op: "delete" }, "other.example")).blocking[0]?.remediation).toMatch(/^Retire it\. /);
  });

  it("does not count against the limit of deletions, and what else is deleted does", () => {
    const deleted = (count: number) => many(count, { op: "delete" });
    const kept = many(300, { op: "same" }).map((step) => ({ ...step, name: `kept-${step.name}` }));
    const leaving = deleted(60).map((step) => ({ ...step, parent: parent("old.example") }));
    const others = (count: number) => deleted(count).map((step) => ({ ...step, name: `other-${step.name}` }));
    const site = steps({ op: "delete" });
    expect(judged([...site, ...leaving, ...kept, ...others(50)]).blocking).toEqual([]);
    expect(judged([...site, ...leaving, ...kept, ...others(51)]).blocking.map(({ message }) => message)).toEqual([
      expect.stringContaining("51 of 412 resources are deleted"),
    ]);
  });

  it("is deleted only after it was let go of", () => {
    const { blocking } = judged(steps({ op: "delete", old: { protect: true } }));
    expect(blocking.map(({ remediation }) => remediation)).toEqual([expect.stringContaining("It is still protected")]);
  });
});

describe("the file of limits", () => {
  it("watches every stack, lasting ones with all guards", () => {
    for (const stack of ["prod", "dev", "bootstrap", "hosts", "something-else"]) {
      expect(stackGuards(stack).guards, stack).toEqual(["stateful", "blast-radius", "retention"]);
    }
  });

  it("that is wrong, or silent on a stack, stops the plan", () => {
    const file = join(mkdtempSync(join(tmpdir(), "limits-")), "limits.yaml");
    const limit = "{ count: 1, share: 1, few: 0 }";
    writeFileSync(
      file,
      `environments: [{ stacks: [dev], limits: { changed: ${limit}, deleted: ${limit}, replaced: ${limit} } }]`,
    );
    expect(() => stackGuards("prod", file)).toThrow('no limits for stack "prod"');
    writeFileSync(file, "environments: [{ stacks: [dev], limit: {} }]");
    expect(() => stackGuards("dev", file)).toThrow(
      /in the limits of the plan guards:\n[\s\S]*limits\.yaml:1:\d+ environments\[0\]\.limit: unknown key "limit"/,
    );
  });
});
