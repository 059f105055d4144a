import type { BackupPromise } from "../../stacks/alai/inventory/backup-promise";
import { BackupSource, placeText, type SourceSettings } from "./backup-source";
import { type ReplicaTest, testReplica } from "./replica-test";
import type { DatabaseResult, KnownRows, TestReport } from "./test-report";

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
  const databases = await eachOf(test.promises, atOnce, test.signal, async (promise) => {
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

async function eachOf<Item, Result>(
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
