import type { CommittedRow, Observation } from "./ledger";
import { grouped } from "./statistics";

/** How long rows took from their commit until the copy had them. */
export interface DatabaseLag {
  readonly database: string;
  /** Seconds, one for each row that was seen to arrive. */
  readonly seconds: readonly number[];
  /** Rows that the copy did not have at the end. */
  readonly missing: number;
}

/**
 * The lag of every row, from what was committed and when a copy was seen to have it. The moment of the look counts, so a lag is
 * never too small, and too large by at most the time between two looks.
 *
 * @param committed of one primary, so that ids only grow
 */
export function lagsOf(committed: readonly CommittedRow[], observed: readonly Observation[]): readonly DatabaseLag[] {
  const looks = grouped(observed, ({ database }) => database);
  return [...grouped(committed, ({ database }) => database)].map(([database, rows]) => {
    const seen = looks.get(database) ?? [];
    const seconds: number[] = [];
    for (const { id, at } of rows) {
      const arrived = seen.find((look) => look.id >= id);
      if (arrived !== undefined) seconds.push(Math.max(0, (arrived.at - at) / 1000));
    }
    return { database, seconds, missing: rows.length - seconds.length };
  });
}
