import { z } from "zod";
import { groupBy } from "./statistics";

const committedSchema = z.strictObject({
  database: z.string(),
  origin: z.string(),
  n: z.int().positive(),
  id: z.int().positive(),
  at: z.int().positive(),
});
const observedSchema = z.strictObject({ database: z.string(), id: z.int().positive(), at: z.int().positive() });

/** A row that SQLite said was committed. */
export interface CommittedRow {
  readonly database: string;
  /** The process that wrote it: a host's name and a number. @example "anvil-1795174800000" */
  readonly origin: string;
  /** The how-manieth of its origin in this database, from 1. */
  readonly n: number;
  /** Its key in the table. After a loss, another row may have the same. */
  readonly id: number;
  /** When the commit was acknowledged. Milliseconds since 1970. */
  readonly at: number;
}

/** The newest row that a copy of a database had at a moment. */
export interface CopyObservation {
  readonly database: string;
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A line at the end that was cut off, because its writer was killed, counts as not written. @throws when another line is unreadable */
export function parseLedger(text: string, file: string): readonly CommittedRow[] {
  return parseLines(text, file, committedSchema);
}

export function parseObservations(text: string, file: string): readonly CopyObservation[] {
  return parseLines(text, file, observedSchema);
}

function parseLines<T>(text: string, file: string, schema: z.ZodType<T>): readonly T[] {
  const lines = text.split("\n");
  // What follows the last line end is empty, or cut off.
  lines.pop();
  return lines.map((line, index) => {
    try {
      return schema.parse(JSON.parse(line));
    } catch (cause) {
      throw new Error(`${file}:${index + 1}: is no line of a drill's record`, { cause });
    }
  });
}

/** How long rows took from their commit until the copy had them. */
interface DatabaseLag {
  readonly database: string;
  /** Seconds, one for each row that was seen to arrive. */
  readonly seconds: readonly number[];
  /** Rows that the copy did not have at the end. */
  readonly missing: number;
}

/**
 * The lag of every row, from what was committed and when a copy was seen to have it. The moment of the observation counts, so a lag is
 * never too small, and too large by at most the time between two observations.
 *
 * @param committed of one primary, so that ids only grow
 */
export function computeLags(
  committed: readonly CommittedRow[],
  observed: readonly CopyObservation[],
): readonly DatabaseLag[] {
  const observations = groupBy(observed, ({ database }) => database);
  return [...groupBy(committed, ({ database }) => database)].map(([database, rows]) => {
    const seen = observations.get(database) ?? [];
    const seconds: number[] = [];
    for (const { id, at } of rows) {
      const arrived = seen.find(({ id: newest }) => newest >= id);
      if (arrived !== undefined) seconds.push(Math.max(0, (arrived.at - at) / 1000));
    }
    return { database, seconds, missing: rows.length - seconds.length };
  });
}
