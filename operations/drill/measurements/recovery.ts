import { createHash } from "node:crypto";
import type { CommittedRow } from "./ledger";
import { groupBy } from "./statistics";

/** A row as a recovered database has it. */
export interface RecoveredRow {
  readonly origin: string;
  readonly n: number;
  readonly payload: string;
}

/** What came of the rows of one database. */
export interface DatabaseRecovery {
  readonly database: string;
  readonly committed: number;
  readonly recovered: number;
  /** How far back the loss goes: from the oldest lost row's commit to the failure. 0 when nothing was lost. */
  readonly secondsLost: number;
  /** Whether an older row is missing while a newer one is there. Replication in order never does that. */
  readonly hasHoles: boolean;
  /** Rows that are there with other content than was written. */
  readonly altered: number;
}

/** What a row that {@link file://./../programs/writer.mjs} wrote must contain. */
export function computePayload(
  seed: number,
  database: string,
  { origin, n }: Pick<RecoveredRow, "origin" | "n">,
): string {
  return createHash("sha256").update(`${seed}:${database}:${origin}:${n}`).digest("hex");
}

/**
 * Compares what was committed with what a copy has. Rows that the copy has beyond those count for nothing: a writer that is killed
 * between commit and record leaves one.
 *
 * @param failedAt when the primary was lost, in milliseconds since 1970
 */
export function compareRows(
  database: string,
  committed: readonly CommittedRow[],
  recovered: readonly RecoveredRow[],
  { seed, failedAt }: { readonly seed: number; readonly failedAt: number },
): DatabaseRecovery {
  const found = new Map(recovered.map((row) => [recoveredRowKey(row), row]));
  const lost = committed.filter((row) => !found.has(recoveredRowKey(row)));
  const oldest = lost.reduce((least, { at }) => Math.min(least, at), failedAt);
  const altered = recovered.filter((row) => row.payload !== computePayload(seed, database, row)).length;
  return {
    database,
    committed: committed.length,
    recovered: committed.length - lost.length,
    secondsLost: (failedAt - oldest) / 1000,
    hasHoles: [...groupBy(committed, ({ origin }) => origin).values()].some((rows) => hasHole(rows, found)),
    altered,
  };
}

function hasHole(rows: readonly CommittedRow[], found: ReadonlyMap<string, RecoveredRow>): boolean {
  const firstLost = rows.findIndex((row) => !found.has(recoveredRowKey(row)));
  return firstLost >= 0 && rows.slice(firstLost).some((row) => found.has(recoveredRowKey(row)));
}

function recoveredRowKey({ origin, n }: Pick<RecoveredRow, "origin" | "n">): string {
  return `${origin} ${n}`;
}
