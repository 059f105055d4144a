import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BlobServiceClient, type ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { ReplicaPositions } from "../../../programs/host/lease/replica-positions";
import { DrillError, freePort } from "../../programs/external-program";

/** An account of the drill's store. The keys are made up for it, and open nothing else. */
export interface StoreAccount {
  readonly name: string;
  readonly key: string;
}

/** Azurite, the emulated blob store, on a port of its own. */
export class BlobStore {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /**
   * Starts it and waits until it answers.
   *
   * @param main Azurite's main module
   * @param directory for its log
   * @param started is told its process id
   */
  static async start(
    main: string,
    directory: string,
    accounts: readonly StoreAccount[],
    started: (pid: number) => void = () => {},
  ): Promise<BlobStore> {
    mkdirSync(directory, { recursive: true });
    const port = await freePort();
    const log = openSync(join(directory, "azurite.log"), "a");
    const child = spawn(
      process.execPath,
      // In memory: a drill measures Litestream, and not how Azurite's own database writes to this disk.
      [
        // Says on the command line whose it is, which nothing else there does.
        `--diagnostic-dir=${directory}`,
        main,
        "--blobPort",
        String(port),
        "--silent",
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--inMemoryPersistence",
      ],
      {
        cwd: directory,
        stdio: ["ignore", log, log],
        env: { ...process.env, AZURITE_ACCOUNTS: accounts.map(({ name, key }) => `${name}:${key}`).join(";") },
      },
    );
    if (child.pid !== undefined) started(child.pid);
    closeSync(log);
    const store = new BlobStore(port, child);
    await store.answers();
    return store;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await gone;
  }

  private async answers(): Promise<void> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
      if (this.child.exitCode !== null) throw new DrillError(`Azurite ended with exit code ${this.child.exitCode}`);
      const reached = await fetch(`http://127.0.0.1:${this.port}/`).catch(() => undefined);
      if (reached !== undefined) return;
      await sleep(100);
    }
    throw new DrillError("Azurite did not answer within 60 s");
  }
}

/** A client of one account, over the link or directly. */
export function storeClient(account: StoreAccount, port: number): BlobServiceClient {
  const credential = new StorageSharedKeyCredential(account.name, account.key);
  return new BlobServiceClient(`http://127.0.0.1:${port}/${account.name}`, credential);
}

/** A term that has replicas in the store. */
export interface StoredTerm {
  readonly term: number;
  readonly primary: string;
  readonly path: string;
  /** When its primary may have begun to write. Milliseconds since 1970. */
  readonly beganAt: number;
}

/** All terms that have replicas, the newest first. */
export async function listTerms(container: ContainerClient): Promise<readonly StoredTerm[]> {
  const terms = await new ReplicaPositions(container).terms();
  return Promise.all(
    terms.map(async ({ term, path }) => {
      const [, primary = "", time = ""] = /-\d+-(.+)-(\d{8}T\d{6}Z)$/.exec(path) ?? [];
      // A host whose clock is ahead takes a term in the future; the store's own clock then says it better.
      return { term, path, primary, beganAt: Math.min(endOfSecond(time), await firstFile(container, path)) };
    }),
  );
}

/** @param time as paths have it. @example "20261121T110405Z" */
function endOfSecond(time: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const [year = 0, month = 1, ...rest] = parts.map(Number);
  return Date.UTC(year, month - 1, ...rest) + 1000;
}

async function firstFile(container: ContainerClient, path: string): Promise<number> {
  let first = Number.POSITIVE_INFINITY;
  for await (const { properties } of container.listBlobsFlat({ prefix: `${path}/` })) {
    first = Math.min(first, properties.lastModified.getTime());
  }
  return first;
}
