import type { BackupPromise } from "../../stacks/system-hosts";

/** What is wrong with a backup. */
export interface RestoreFinding {
  readonly kind: FindingKind;
  /** What was found and what was expected. */
  readonly message: string;
}

/**
 * - `missing`: the store holds nothing of it.
 * - `stale`: older than the tier promises, or behind the live database.
 * - `truncated`, `corrupt`: Litestream or PostgreSQL cannot restore it.
 * - `unrestorable`: it could not be restored here, for another reason, such as a full disk or a missing extension.
 * - `damaged`: it restores, and SQLite or PostgreSQL finds the result broken.
 * - `shrunk`: it restores, and most rows of a table, or the table, are gone.
 */
export type FindingKind = "missing" | "stale" | "truncated" | "corrupt" | "unrestorable" | "damaged" | "shrunk";

type Rows = Readonly<Record<string, number>>;

/** The live database at the time of the test, where it is at hand: its rows before and after the restore. */
export interface LiveState {
  readonly changedAt: Date;
  readonly rowsBefore: Rows;
  readonly rowsAfter: Rows;
}

/** A table that lost more than this share of its rows since the last test is reported as shrunk. */
const shrunkShare = 0.5;
/** Smaller tables, such as queues and locks, are not compared. */
const shrunkFrom = 20;

/**
 * Judges age. Without the live database it cannot be told from a quiet one, so the tier's limit counts; so it does for one that was
 * just written, because what was written last may still be on its way.
 *
 * @param now a time before or at the listing of the store
 */
export function ageFindings(
  promise: BackupPromise,
  sentAt: Date,
  now: Date,
  live?: Pick<LiveState, "changedAt">,
): readonly RestoreFinding[] {
  if (live !== undefined && (now.getTime() - live.changedAt.getTime()) / 1000 > promise.lossSeconds) {
    const behind = (live.changedAt.getTime() - sentAt.getTime()) / 1000;
    if (behind <= promise.lossSeconds) return [];
    const message = `the live database was written ${span(behind)} after the newest transaction in the store; promised: at most ${span(promise.lossSeconds)}`;
    return [{ kind: "stale", message }];
  }
  const age = (now.getTime() - sentAt.getTime()) / 1000;
  const limit = promise.staleAfterSeconds;
  if (limit === undefined || age <= limit) return [];
  return [
    { kind: "stale", message: `the newest transaction is ${span(age)} old; ${promise.tier} allows ${span(limit)}` },
  ];
}

/** Compares the restored rows with the live ones, or else with those of the last test that found nothing wrong. */
export function rowFindings(
  restored: Rows,
  live: LiveState | undefined,
  before: Rows | undefined,
): readonly RestoreFinding[] {
  if (live !== undefined) return liveRowFindings(restored, live);
  return Object.entries(before ?? {}).flatMap(([table, count]): RestoreFinding[] => {
    const now = restored[table];
    if (now === undefined) return [{ kind: "shrunk", message: `table ${table} is gone; earlier it had ${count} rows` }];
    if (count < shrunkFrom || now >= count * (1 - shrunkShare)) return [];
    return [{ kind: "shrunk", message: `table ${table} has ${now} rows; earlier it had ${count}` }];
  });
}

/** Rows that were written during the restore may be missing from it: each count must lie between those before and after. */
function liveRowFindings(restored: Rows, { rowsBefore, rowsAfter }: LiveState): readonly RestoreFinding[] {
  return Object.entries(rowsBefore).flatMap(([table, before]): RestoreFinding[] => {
    const after = rowsAfter[table] ?? before;
    const found = restored[table];
    const [least, most] = [Math.min(before, after), Math.max(before, after)];
    if (found !== undefined && found >= least && found <= most) return [];
    const expected = least === most ? `${least}` : `${least} to ${most}`;
    const has = found === undefined ? `table ${table} is not in the backup` : `table ${table} has ${found} rows`;
    return [{ kind: "shrunk", message: `${has}; the live database has ${expected}` }];
  });
}

/** @example span(5400) // "1 h 30 min" */
export function span(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < 120) return `${total} s`;
  if (total < 7200) return `${Math.round(total / 60)} min`;
  if (total < 172_800)
    return `${Math.floor(total / 3600)} h${total % 3600 < 60 ? "" : ` ${Math.floor((total % 3600) / 60)} min`}`;
  return `${Math.floor(total / 86_400)} d`;
}
