import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackupPromise } from "../../stacks/alai/inventory/backup-promise";
import type { SourceSettings } from "./backup-source";
import { restoreReplica } from "./litestream-restore";
import { newestTransaction, type ReplicaFile } from "./replica-files";
import { changedAt, countRows, sqliteContents } from "./sqlite-contents";
import type { DatabaseResult } from "./test-report";
import { ageFindings, type Finding, type LiveState, rowFindings } from "./verdict";

/** What all tests of one run have in common. */
export interface ReplicaTest {
  readonly source: SourceSettings;
  /** The term's path. */
  readonly path: string;
  readonly programs: { readonly litestream: string; readonly sqlite3: string };
  readonly now: Date;
  /** Where the live databases are, when the test runs on the primary. */
  readonly live?: string | undefined;
}

/**
 * Restores one database into a directory that is deleted afterwards, and judges what came back.
 *
 * @param files what the store holds of it
 * @param before its rows by table in the last test that restored it and found nothing wrong
 */
export async function testReplica(
  test: ReplicaTest,
  promise: BackupPromise,
  files: readonly ReplicaFile[],
  before: Readonly<Record<string, number>> | undefined,
): Promise<DatabaseResult> {
  const { database, tier } = promise;
  const newest = newestTransaction(files);
  const liveFile = test.live === undefined ? undefined : join(test.live, `${database}.db`);
  const liveSince = liveFile === undefined ? undefined : changedAt(liveFile);
  if (newest === undefined) {
    // What does not exist yet has no backup either, and misses none. What was restored once did exist.
    const isNew = liveFile === undefined ? promise.unwritten : liveSince === undefined;
    if (isNew && before === undefined) return { database, tier, findings: [] };
    return { database, tier, findings: [{ kind: "missing", message: `nothing below ${test.path}/${database}/` }] };
  }
  const rowsBefore = liveFile === undefined ? undefined : await rowsOf(test, liveFile);
  const scratch = mkdtempSync(join(tmpdir(), "restore-test-"));
  try {
    const restored = await restoreReplica(test.programs.litestream, test.source, `${test.path}/${database}`, scratch);
    const known = {
      database,
      tier,
      transaction: newest.transaction,
      ageSeconds: Math.round((test.now.getTime() - newest.sentAt.getTime()) / 1000),
    };
    const age = ageFindings(promise, newest.sentAt, test.now, liveSince && { changedAt: liveSince });
    if (restored.kind !== "restored") {
      return { ...known, findings: [{ kind: restored.kind, message: restored.message }, ...age] };
    }
    const { damage, rows } = await sqliteContents(test.programs.sqlite3, restored.file);
    const rowsAfter = liveFile === undefined ? undefined : await rowsOf(test, liveFile);
    const live: LiveState | undefined = liveSince &&
      rowsBefore &&
      rowsAfter && { changedAt: liveSince, rowsBefore, rowsAfter };
    const damaged = damage.slice(0, 5).map((message): Finding => ({ kind: "damaged", message }));
    const findings = [...damaged, ...age, ...(damage.length > 0 ? [] : rowFindings(rows, live, before))];
    return { ...known, findings, restoreSeconds: restored.seconds, rows };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function rowsOf({ programs }: ReplicaTest, file: string): Promise<Readonly<Record<string, number>> | undefined> {
  const counted = await countRows(programs.sqlite3, file);
  return "rows" in counted ? counted.rows : undefined;
}
