import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../../deployment/engine-event";
import { comparePlans } from "../../../operations/delivery/planned-changes";
import { capturePlan, commitDigest, stateVersion } from "../../../operations/delivery/saved-plan";

const recordings = join(__dirname, "../../fixtures/real-engine/recordings");

function recordedEvents(name: string): EngineEvent[] {
  const lines = readFileSync(join(recordings, name, "events.jsonl"), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): EngineEvent => JSON.parse(line));
}

const planOf = (events: readonly EngineEvent[]) =>
  capturePlan({ stack: "dev", engine: "pulumi", commit: "c", state: stateVersion(undefined), events });

/** Every recording of a preview on the real engine. */
const previews = readdirSync(recordings).filter(
  (name) => name.includes("preview") && existsSync(join(recordings, name, "events.jsonl")),
);

describe("plans of the real engine", () => {
  it.each(previews)("%s is the same plan in whatever order its events come", (name) => {
    const events = recordedEvents(name);
    const plan = planOf(events);
    // The first event of each step decides; steps may be planned in any order.
    const steps = new Map<string, EngineEvent[]>();
    for (const event of events) {
      const urn = (event.resOutputsEvent ?? event.resourcePreEvent)?.metadata.urn ?? "other";
      steps.set(urn, [...(steps.get(urn) ?? []), event]);
    }
    expect(planOf([...steps.values()].reverse().flat()).digest).toBe(plan.digest);
    expect(comparePlans(plan, plan)).toEqual([]);
  });

  it("tell a creation from an update", () => {
    const created = planOf(recordedEvents("01-preview-create"));
    const updated = planOf(recordedEvents("05-preview-update"));
    expect(created.changes.length).toBeGreaterThan(5);
    expect(updated.changes.length).toBeGreaterThan(0);
    expect(comparePlans(created, updated).join("\n")).toMatch(/plan: not approved: update .*/);
  });
});

describe("planned steps", () => {
  const state = { type: "t:a:B", urn: "urn:x", id: "", parent: "", provider: "", outputs: {} };
  const step = (inputs: Record<string, unknown>, more: Record<string, unknown> = {}): EngineEvent => ({
    sequence: 1,
    timestamp: 1,
    resourcePreEvent: {
      planning: true,
      metadata: { op: "create", urn: "urn:x", type: "t:a:B", provider: "", new: { ...state, inputs, ...more } },
    },
  });

  it("do not depend on names that the provider makes up in every preview", () => {
    const named = (name: string) => planOf([step({ name, size: 1, __defaults: ["name"] })]).digest;
    expect(named("account1f2e")).toBe(named("account9a8b"));
    expect(planOf([step({ name: "given", size: 2, __defaults: ["name"] })]).digest).not.toBe(named("given"));
  });

  it("differ when protection or retention is taken away", () => {
    const digest = (more: Record<string, unknown>) => planOf([step({}, more)]).digest;
    expect(digest({ protect: true })).not.toBe(digest({}));
    expect(digest({ retainOnDelete: true })).not.toBe(digest({}));
  });

  it("hold what changes in nothing but options, and nothing else that stays the same", () => {
    const same = (protect: boolean): EngineEvent => {
      const { resourcePreEvent, ...rest } = step({}, { protect });
      if (resourcePreEvent === undefined) throw new Error("a step begins with such an event");
      const { metadata } = resourcePreEvent;
      const old = { ...state, inputs: {}, protect: true };
      return { ...rest, resourcePreEvent: { planning: true, metadata: { ...metadata, op: "same", old } } };
    };
    expect(planOf([same(false)]).changes).toHaveLength(1);
    expect(planOf([same(true)]).changes).toEqual([]);
  });
});

describe("differences", () => {
  const plan = planOf([]);

  it("name another stack, engine and commit", () => {
    expect(comparePlans(plan, { ...plan, stack: "prod", engine: "sandbox", commit: "d" })).toEqual([
      "stack: approved for dev, now prod",
      "engine: approved for pulumi, now sandbox",
      "commit: approved for c, now d",
    ]);
  });

  it("name a violation that is new, also one that would not stop an up, and none that was approved", () => {
    const violations = [{ policy: "no-accounts", level: "advisory", urn: "urn:a" }];
    expect(comparePlans(plan, { ...plan, violations })).toEqual([
      "policies: new violation: advisory no-accounts on urn:a",
    ]);
    expect(comparePlans({ ...plan, violations }, plan)).toEqual([]);
  });

  it("are cut where they would fill the screen", () => {
    const changes = Array.from({ length: 30 }, (_, index) => ({
      urn: `urn:${index}`,
      operation: "create",
      digest: "",
    }));
    expect(comparePlans(plan, { ...plan, changes }).slice(-2)).toEqual([
      "plan: not approved: create urn:9",
      "plan: and 20 more",
    ]);
  });
});

describe("a commit's digest", () => {
  it("tells a changed, a staged and an unknown file from the commit", () => {
    const directory = mkdtempSync(join(tmpdir(), "commit-"));
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], { cwd: directory });
    expect(commitDigest(directory)).toBe("none");
    git("init", "-q");
    writeFileSync(join(directory, "a"), "1");
    git("add", "a");
    git("commit", "-qm", "first");
    const clean = commitDigest(directory);
    expect(clean).toMatch(/^[0-9a-f]{40}$/);
    const digests = [clean];
    for (const [file, text] of [
      ["a", "2"],
      ["b", "1"],
      ["b", "2"],
    ] as const) {
      writeFileSync(join(directory, file), text);
      digests.push(commitDigest(directory));
    }
    expect(digests[1]).toMatch(new RegExp(`^${clean} with changes [0-9a-f]{12}$`));
    expect(new Set(digests).size).toBe(4);
    rmSync(directory, { recursive: true });
  });
});

describe("the state's version", () => {
  const exported = (resources: unknown, time = "2026-01-01T00:00:00Z") => ({
    version: 3,
    deployment: { manifest: { time, magic: "", version: "" }, resources },
  });

  it("moves with the resources, not with the time of writing", () => {
    const hash = (document: unknown) => stateVersion(document).hash;
    expect(hash(exported([{ urn: "a" }], "2026-02-02T00:00:00Z"))).toBe(hash(exported([{ urn: "a" }])));
    expect(hash(exported([{ urn: "b" }]))).not.toBe(hash(exported([{ urn: "a" }])));
    expect(hash(exported(null))).toBe(hash(undefined));
  });

  it("is refused for anything but a deployment", () => {
    expect(() => stateVersion({ version: 3 })).toThrow("not a Pulumi deployment");
  });
});
