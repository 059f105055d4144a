import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type QuarantineFolder, removableFolders } from "../../../programs/host/agents/tidy/aside-folders";
import {
  inOrderOfRemoval,
  isWhole,
  judgeReplica,
  type ReplicaFacts,
  type TermReplica,
  unusedRecords,
} from "../../../programs/host/agents/tidy/judge-replica";
import type { TakeoverRecord } from "../../../programs/host/lease/takeover-record";
import { dawn, day, leaseOf, record, replicaOf } from "./stored-terms";

const retentionSeconds = (7 * day) / 1000;

/** Three terms of a day each, of which the third serves: the first is nobody's, eight days after the third began. */
function facts(changes: Partial<ReplicaFacts> = {}): ReplicaFacts {
  return {
    database: "tasks",
    retentionSeconds,
    replica: replicaOf(1, 40, dawn + day),
    newer: [replicaOf(2, 30, dawn + 2 * day), replicaOf(3, 50, dawn + 10 * day)],
    records: [record(2, dawn + day, 1, 40), record(3, dawn + 2 * day, 2, 30)],
    lease: leaseOf(3),
    now: dawn + 2 * day + retentionSeconds * 1000,
    ...changes,
  };
}

const withoutBeginning = (replica: TermReplica): TermReplica => ({
  ...replica,
  files: replica.files.filter(({ first }) => first > 1),
});

describe("an earlier term's replica of a database", () => {
  it("goes when two newer terms have the database and its time is over", () => {
    expect(judgeReplica(facts())).toEqual({ kind: "goes" });
  });

  it.each([
    ["until the last moment", { now: facts().now - 1 }, /may need it until 2026-01-10T00:00:00.000Z/],
    ["of the term before", { replica: replicaOf(2, 30, dawn + day) }, /the one before/],
    ["in the first term", { lease: leaseOf(1) }, /the one before/],
    ["that the current term has not", { newer: [replicaOf(2, 30, dawn)] }, /the current term has no whole/],
    [
      "that the current term cannot restore",
      { newer: [replicaOf(2, 30, dawn), withoutBeginning(replicaOf(3, 50, dawn))] },
      /the current term has no whole/,
    ],
    ["that only the current term has besides", { newer: [replicaOf(3, 50, dawn)] }, /only the current term/],
    [
      "that the term after it cannot restore",
      { newer: [withoutBeginning(replicaOf(2, 30, dawn)), replicaOf(3, 50, dawn)] },
      /only the current term/,
    ],
    ["whose successor nobody took over", { records: [record(2, dawn, 1, 40)] }, /nobody said that term 2/],
    ["with no known retention", { retentionSeconds: undefined }, /nobody says how far back/],
    ["that was written lately", { replica: replicaOf(1, 40, facts().now - day) }, /may need it until/],
    ["when the store says no time", { now: Number.NaN }, /may need it until/],
  ] satisfies [string, Partial<ReplicaFacts>, RegExp][])("stays %s", (_what, changes, why) => {
    const verdict = judgeReplica(facts(changes));
    expect(verdict).toMatchObject({ kind: "needed" });
    expect("why" in verdict && verdict.why).toMatch(why);
  });

  it.each([
    ["nobody took it over", [record(3, dawn + 2 * day, 2, 30)], /no later primary/],
    ["it was taken from elsewhere", [record(2, dawn, 7, 40), record(3, dawn + 2 * day, 2, 30)], /no later primary/],
    ["its end was not taken", [record(2, dawn, 1, 38), record(3, dawn + 2 * day, 2, 30)], /its last 2 transactions/],
  ] satisfies [string, TakeoverRecord[], RegExp][])("waits for a person when %s", (_what, records, why) => {
    const verdict = judgeReplica(facts({ records }));
    expect(verdict).toMatchObject({ kind: "unclaimed" });
    expect("why" in verdict && verdict.why).toMatch(why);
  });

  it("waits for a person when something is there that is not Litestream's", () => {
    const replica = { ...replicaOf(1, 40, dawn), strange: ["notes.txt"] };
    expect(judgeReplica(facts({ replica }))).toMatchObject({ kind: "unclaimed" });
  });

  it("is whole when files lead from its first transaction to its newest", () => {
    const { files } = replicaOf(1, 40, dawn);
    expect([isWhole({ files, strange: [] }), isWhole({ files: [], strange: [] })]).toEqual([true, false]);
    const gap = files.map((file) => (file.first === 21 ? { ...file, first: 22 } : file));
    expect(isWhole({ files: gap, strange: [] })).toBe(false);
  });

  it("does not restore any more as soon as its removal has begun", () => {
    const replica = { ...replicaOf(1, 40, dawn), files: [...replicaOf(1, 40, dawn).files].reverse() };
    const order = inOrderOfRemoval(replica);
    expect(order).toHaveLength(3);
    for (let removed = 2; removed < order.length; removed++) {
      expect(isWhole({ files: order.slice(removed), strange: [] })).toBe(false);
    }
  });
});

describe("takeover records", () => {
  const records = [2, 3, 4, 5].map((term) => record(term, dawn, term - 1, 1));

  it("go with the last replica of their term and of those before", () => {
    expect(unusedRecords(records, [4, 5], leaseOf(5))).toEqual([2, 3]);
    expect(unusedRecords(records, [1, 4, 5], leaseOf(5))).toEqual([]);
    expect(unusedRecords(records, [5], leaseOf(5))).toEqual([2, 3]);
    expect(unusedRecords(records, [], leaseOf(1))).toEqual([]);
  });
});

describe("a folder that was set aside", () => {
  const folder = (name: string, unsent: QuarantineFolder["unsent"]): QuarantineFolder => ({
    name,
    unsent,
    since: "",
    bytes: 1,
  });
  const at = (days: number): string => new Date(dawn + days * day).toISOString();

  it("goes when nothing of it was unsent for so many days", () => {
    const first = removableFolders([folder("a", "none"), folder("b", "some")], {}, 14, dawn);
    expect(first).toEqual({ goes: [], seen: { a: at(0) } });
    expect(removableFolders([folder("a", "none")], first.seen, 14, dawn + 14 * day - 1).goes).toEqual([]);
    expect(removableFolders([folder("a", "none")], first.seen, 14, dawn + 14 * day).goes).toEqual(["a"]);
  });

  it("stays where nobody says for how long", () => {
    expect(removableFolders([folder("a", "none")], { a: at(0) }, undefined, dawn + 1000 * day).goes).toEqual([]);
  });

  it("is counted anew when its memory is from the future, or it was not sent in between", () => {
    expect(removableFolders([folder("a", "none")], { a: at(9) }, 1, dawn).seen).toEqual({ a: at(0) });
    expect(removableFolders([folder("a", "some")], { a: at(-30) }, 1, dawn)).toEqual({ goes: [], seen: {} });
  });

  it("never goes with something unsent, nor before its time", () => {
    const folders = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom("a", "b", "c", "d"),
        unsent: fc.constantFrom<QuarantineFolder["unsent"]>("none", "some", "unknown"),
        since: fc.constant("2001-01-01T00:00:00Z"),
        bytes: fc.nat(),
      }),
      { selector: ({ name }) => name },
    );
    const seen = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: -40, max: 40 }).map(at));
    fc.assert(
      fc.property(folders, seen, fc.integer({ min: 1, max: 30 }), (all, memory, days) => {
        const { goes } = removableFolders(all, memory, days, dawn);
        for (const name of goes) {
          expect(all.find((each) => each.name === name)?.unsent).toBe("none");
          expect(Date.parse(memory[name] ?? "")).toBeLessThanOrEqual(dawn - days * day);
        }
      }),
    );
  });
});
