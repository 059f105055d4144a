import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeReplica, newestOf, type TermReplica } from "../../../programs/host/agents/tidy/judge-replica";
import type { TakeoverRecord } from "../../../programs/host/lease/takeover-record";
import { dawn, day, hour, leaseOf, record, replicaOf, termPath } from "./stored-terms";

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
          const verdict = judgeReplica({
            database: "tasks",
            retentionSeconds: 7 * 86_400,
            replica,
            newer,
            records,
            lease,
            now,
          });
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
