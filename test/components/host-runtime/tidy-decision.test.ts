import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asideThatGoes } from "../../../components/host-runtime/agents/tidy/aside-age";
import type { AsideFolder } from "../../../components/host-runtime/agents/tidy/aside-folders";
import {
  judgeReplica,
  type ReplicaFacts,
  type TakeoverRecord,
  type TermReplica,
  unusedRecords,
} from "../../../components/host-runtime/agents/tidy/judge-replica";
import { inOrderOfRemoval, isWhole, newestOf } from "../../../components/host-runtime/agents/tidy/stored-replica";
import { dawn, day, hour, leaseOf, record, replicaOf, termPath } from "./stored-terms";

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

/** What happened in a term, to one database. Times are hours. */
interface Happened {
  readonly hours: number;
  /** When its primary sent the database first, as a share of the term; nothing when it never did. */
  readonly sentAfter: number | undefined;
  readonly transactions: number;
  /** What it sent after the next one had taken over, cut off from everything. */
  readonly late: number;
}

const histories = fc.array(
  fc.record<Happened>({
    hours: fc.integer({ min: 1, max: 400 }),
    sentAfter: fc.option(fc.double({ min: 0, max: 0.9, noNaN: true }), { nil: undefined, freq: 4 }),
    transactions: fc.integer({ min: 1, max: 30 }),
    late: fc.constantFrom(0, 0, 0, 2),
  }),
  { minLength: 2, maxLength: 7 },
);

interface Past {
  readonly replica: TermReplica;
  readonly sentAt: number;
}

/** The store after a history, and the takeovers on the way. */
function storeAfter(history: readonly Happened[]): {
  readonly past: readonly Past[];
  readonly records: readonly TakeoverRecord[];
} {
  const past: Past[] = [];
  const records: TakeoverRecord[] = [];
  let began = dawn;
  history.forEach(({ hours, sentAfter, transactions, late }, index) => {
    const term = index + 1;
    const source = past.at(-1);
    const lateBefore = history[(source?.replica.term ?? 0) - 1]?.late ?? 0;
    const isNext = source?.replica.term === index;
    if (source !== undefined) {
      // A later term finds in the store what came late.
      const taken = newestOf(source.replica) - (isNext ? lateBefore : 0);
      records.push(record(term, began + hour / 60, source.replica.term, taken));
    }
    const end = began + hours * hour;
    if (sentAfter !== undefined) {
      past.push({ replica: replicaOf(term, transactions + late, end), sentAt: began + sentAfter * hours * hour });
    }
    began = end;
  });
  return { past, records };
}

describe("of any history of failovers", () => {
  const ages = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 4 });
  const retention = fc.constantFrom(1, 3, 7, 30);

  it("nothing goes that a restore, a promotion or a person needs", () => {
    fc.assert(
      fc.property(histories, ages, retention, (history, looks, days) => {
        const { past, records } = storeAfter(history);
        const lease = leaseOf(history.length);
        let now = dawn + history.reduce((sum, { hours }) => sum + hours * hour, 0);
        let left = past;
        for (const look of looks) {
          now += look * hour;
          left = left.filter(({ replica }) => {
            const newer = left.map((other) => other.replica).filter(({ term }) => term > replica.term);
            const retentionSeconds = (days * day) / 1000;
            const verdict = judgeReplica({ database: "tasks", retentionSeconds, replica, newer, records, lease, now });
            return verdict.kind !== "goes";
          });
          const kept = new Set(left.map(({ replica }) => replica.term));
          // A restore to any moment that is promised: from the newest term that had the database by then.
          const moments = [now - days * day, ...past.map(({ sentAt }) => sentAt), now];
          for (const moment of moments.filter((each) => each >= now - days * day)) {
            const source = past.filter(({ sentAt }) => sentAt <= moment).at(-1);
            if (source !== undefined) expect(kept).toContain(source.replica.term);
          }
          // A promotion: the newest two, and everything until the current term has it.
          for (const { replica } of past.slice(-2)) expect(kept).toContain(replica.term);
          if (past.at(-1)?.replica.term !== lease.term) expect(left).toHaveLength(past.length);
          // A person: what nobody took over.
          for (const { replica } of past.filter((each) => !left.includes(each))) {
            const taken = records.map(({ takeover }) => takeover.tasks).filter((each) => each?.path === replica.path);
            const newest = Math.max(...taken.map((each) => Number.parseInt(each?.txid ?? "0", 16)));
            expect(newest).toBeGreaterThanOrEqual(newestOf(replica));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("two terms are left in the end, where everything was sent and taken over", () => {
    const sent = histories.map((history) =>
      history.map((each) => ({ ...each, sentAfter: each.sentAfter ?? 0, late: 0 })),
    );
    fc.assert(
      fc.property(sent, (history) => {
        const { past, records } = storeAfter(history);
        const now = dawn + 1000 * day;
        const left = past.filter(({ replica }) => {
          const newer = past.map((other) => other.replica).filter(({ term }) => term > replica.term);
          const lease = leaseOf(history.length);
          const verdict = judgeReplica({ database: "tasks", retentionSeconds, replica, newer, records, lease, now });
          return verdict.kind !== "goes";
        });
        expect(left.map(({ replica }) => replica.path)).toEqual([
          termPath(history.length - 1),
          termPath(history.length),
        ]);
      }),
    );
  });
});

describe("a folder that was set aside", () => {
  const folder = (name: string, unsent: AsideFolder["unsent"]): AsideFolder => ({ name, unsent, since: "", bytes: 1 });
  const at = (days: number): string => new Date(dawn + days * day).toISOString();

  it("goes when nothing of it was unsent for so many days", () => {
    const first = asideThatGoes([folder("a", "none"), folder("b", "some")], {}, 14, dawn);
    expect(first).toEqual({ goes: [], seen: { a: at(0) } });
    expect(asideThatGoes([folder("a", "none")], first.seen, 14, dawn + 14 * day - 1).goes).toEqual([]);
    expect(asideThatGoes([folder("a", "none")], first.seen, 14, dawn + 14 * day).goes).toEqual(["a"]);
  });

  it("stays where nobody says for how long", () => {
    expect(asideThatGoes([folder("a", "none")], { a: at(0) }, undefined, dawn + 1000 * day).goes).toEqual([]);
  });

  it("is counted anew when its memory is from the future, or it was not sent in between", () => {
    expect(asideThatGoes([folder("a", "none")], { a: at(9) }, 1, dawn).seen).toEqual({ a: at(0) });
    expect(asideThatGoes([folder("a", "some")], { a: at(-30) }, 1, dawn)).toEqual({ goes: [], seen: {} });
  });

  it("never goes with something unsent, nor before its time", () => {
    const folders = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom("a", "b", "c", "d"),
        unsent: fc.constantFrom<AsideFolder["unsent"]>("none", "some", "unknown"),
        since: fc.constant("2001-01-01T00:00:00Z"),
        bytes: fc.nat(),
      }),
      { selector: ({ name }) => name },
    );
    const seen = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: -40, max: 40 }).map(at));
    fc.assert(
      fc.property(folders, seen, fc.integer({ min: 1, max: 30 }), (all, memory, days) => {
        const { goes } = asideThatGoes(all, memory, days, dawn);
        for (const name of goes) {
          expect(all.find((each) => each.name === name)?.unsent).toBe("none");
          expect(Date.parse(memory[name] ?? "")).toBeLessThanOrEqual(dawn - days * day);
        }
      }),
    );
  });
});
