import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackupPromise } from "../../stacks/alai/inventory/backup-promise";
import { type BackupFile, BackupSource, newestTransaction, placeText, type SourceSettings } from "./backup-source";
import { restoreReplica } from "./litestream-restore";
import { countRows, inspectSqlite, readChangeTime } from "./sqlite-contents";
import type { DatabaseResult, KnownRows, TestReport } from "./test-report";
import { ageFindings, type LiveState, type RestoreFinding, rowFindings } from "./verdict";

export interface ReplicasTest extends Omit<ReplicaTest, "path"> {
  readonly stack: string;
  readonly promises: readonly BackupPromise[];
  /** Rows by database and table in the last test that found nothing wrong with it. */
  readonly knownRows?: KnownRows | undefined;
  /** Is told of each database when it is done. */
  readonly onResult?: (result: DatabaseResult) => void;
  /** Ends the test after the databases that are being restored. */
  readonly signal?: AbortSignal | undefined;
}

/** Databases that are restored at once: the disk and the line are shared. */
const atOnce = 2;

/**
 * Restores the newest backup of each database and says what is wrong with it.
 *
 * @throws {RestoreTestError} when the store cannot be read
 */
export async function testReplicas(test: ReplicasTest): Promise<TestReport> {
  const source = new BackupSource(test.source);
  const path = await source.leasePath();
  const report = { version: 1, stack: test.stack, at: test.now.toISOString() } as const;
  if (path === undefined) {
    const message = `there is no lease ${placeText(test.source.lease)}: nothing was ever replicated`;
    const databases = test.promises.map(({ database, tier }) => ({
      database,
      tier,
      findings: [{ kind: "missing", message } as const],
    }));
    return { ...report, source: test.source.container, databases };
  }
  const replicas = await source.replicas(path);
  const databases = await testEach(test.promises, atOnce, test.signal, async (promise) => {
    const files = replicas.get(promise.database) ?? [];
    const result = await testReplica({ ...test, path }, promise, files, test.knownRows?.[promise.database]);
    test.onResult?.(result);
    return result;
  });
  return { ...report, source: `${test.source.container}/${path}`, databases };
}

/** Where the replicas of an account are, or their copies. */
export function sourceSettings(
  account: string,
  container: string,
  lease: SourceSettings["lease"],
  environment: Readonly<Record<string, string | undefined>>,
): SourceSettings {
  const { BACKUP_STORE_ENDPOINT: endpoint, LITESTREAM_AZURE_ACCOUNT_KEY: accountKey } = environment;
  return {
    account: environment.BACKUP_STORE_ACCOUNT ?? account,
    endpoint: endpoint ?? `https://${account}.blob.core.windows.net`,
    container,
    lease,
    accountKey: accountKey === "" ? undefined : accountKey,
  };
}

async function testEach<Item, Result>(
  items: readonly Item[],
  workers: number,
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      signal?.throwIfAborted();
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}

/** What all tests of one run have in common. */
interface ReplicaTest {
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
async function testReplica(
  test: ReplicaTest,
  promise: BackupPromise,
  files: readonly BackupFile[],
  before: Readonly<Record<string, number>> | undefined,
): Promise<DatabaseResult> {
  const { database, tier } = promise;
  const newest = newestTransaction(files);
  const liveFile = test.live === undefined ? undefined : join(test.live, `${database}.db`);
  const liveSince = liveFile === undefined ? undefined : readChangeTime(liveFile);
  if (newest === undefined) {
    // What does not exist yet has no backup either, and misses none. What was restored once did exist.
    const isNew = liveFile === undefined ? promise.unwritten : liveSince === undefined;
    if (isNew && before === undefined) return { database, tier, findings: [] };
    return { database, tier, findings: [{ kind: "missing", message: `nothing below ${test.path}/${database}/` }] };
  }
  const rowsBefore = liveFile === undefined ? undefined : await readRows(test, liveFile);
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
    const { damage, rows } = await inspectSqlite(test.programs.sqlite3, restored.file);
    const rowsAfter = liveFile === undefined ? undefined : await readRows(test, liveFile);
    const live: LiveState | undefined = liveSince &&
      rowsBefore &&
      rowsAfter && { changedAt: liveSince, rowsBefore, rowsAfter };
    const damaged = damage.slice(0, 5).map((message): RestoreFinding => ({ kind: "damaged", message }));
    const findings = [...damaged, ...age, ...(damage.length > 0 ? [] : rowFindings(rows, live, before))];
    return { ...known, findings, restoreSeconds: restored.seconds, rows };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function readRows(
  { programs }: ReplicaTest,
  file: string,
): Promise<Readonly<Record<string, number>> | undefined> {
  const counted = await countRows(programs.sqlite3, file);
  return "rows" in counted ? counted.rows : undefined;
}
