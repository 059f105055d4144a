import type { ContainerClient } from "@azure/storage-blob";
import { transactionNumber } from "../agents/litestream";
import { removeBlob } from "./blob-lease-store";

/** What the store has of a database beyond a transaction. */
export interface Beyond {
  /** The newest transaction in the store. 0: nothing is there. */
  readonly newest: number;
  /** How long the oldest transaction beyond has been in the store, by the store's clock. 0: there is none. */
  readonly seconds: number;
}

/** A file in the store, Litestream's or not. */
export interface StoredBlob {
  /** With the path. */
  readonly name: string;
  /** By the store's clock, milliseconds since 1970. */
  readonly writtenAt: number;
}

/** Of a database that was written each second for days. */
const wholeListingTimeoutMs = 120_000;

/** What is in the store under a term's path, which Litestream lays out as `<path>/<database>/ltx/<level>/<first>-<last>.ltx`. */
export class ReplicaPositions {
  constructor(
    private readonly container: ContainerClient,
    /** Until a request counts as failed. */
    private readonly timeoutMilliseconds = 15_000,
  ) {}

  /** The databases that have replicas under the path. */
  async databases(path: string): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    const options = { prefix: `${path}/`, abortSignal: AbortSignal.timeout(this.timeoutMilliseconds) };
    for await (const item of this.container.listBlobsByHierarchy("/", options)) {
      if (item.kind === "prefix") names.add(item.name.slice(path.length + 1, -1));
    }
    return names;
  }

  /** The paths of all terms that have replicas, the newest term first. */
  async terms(): Promise<readonly { readonly term: number; readonly path: string }[]> {
    const paths = [...(await this.databases("litestream"))].map((name) => ({
      term: Number(/^term-(\d+)-/.exec(name)?.[1] ?? 0),
      path: `litestream/${name}`,
    }));
    return paths.sort((one, other) => other.term - one.term);
  }

  /** The newest transaction of a database in the store. 0: nothing is there. */
  async newest(path: string, database: string): Promise<number> {
    return (await this.listBeyond(`${levelZero(path, database)}/`, 0)).newest;
  }

  /**
   * What the store has beyond a transaction.
   *
   * Names are sorted hexadecimal numbers, so one request for the 256 around the transaction usually says it; the whole level, which
   * holds a file for each second of an hour, is listed only when the transaction itself is no longer there.
   */
  async beyond(path: string, database: string, transaction: number): Promise<Beyond> {
    const block = (transaction + 1).toString(16).padStart(16, "0").slice(0, 14);
    const near = await this.listBeyond(`${levelZero(path, database)}/${block}`, transaction);
    if (near.newest >= transaction && near.newest > 0) return near;
    return this.listBeyond(`${levelZero(path, database)}/`, transaction);
  }

  /** Everything that the store has of a database under the path. */
  async files(path: string, database: string): Promise<readonly StoredBlob[]> {
    const files: StoredBlob[] = [];
    const options = { prefix: `${path}/${database}/`, abortSignal: AbortSignal.timeout(wholeListingTimeoutMs) };
    for await (const { name, properties } of this.container.listBlobsFlat(options)) {
      files.push({ name, writtenAt: properties.lastModified.getTime() });
    }
    return files;
  }

  /** Deleting is soft: versions stay for the account's recovery days. */
  removeFile(name: string): Promise<void> {
    return removeBlob(this.container, name);
  }

  private async listBeyond(prefix: string, transaction: number): Promise<Beyond> {
    let newest = 0;
    let oldestBeyond: number | undefined;
    let now = Date.now();
    const abortSignal = AbortSignal.timeout(this.timeoutMilliseconds);
    for await (const page of this.container.listBlobsFlat({ prefix, abortSignal }).byPage()) {
      // The store's clock, because a host's may be wrong.
      now = page.date?.getTime() ?? now;
      for (const { name, properties } of page.segment.blobItems) {
        const last = /-([0-9a-f]{16})\.ltx$/.exec(name)?.[1];
        if (last === undefined) continue;
        newest = Math.max(newest, transactionNumber(last));
        if (transactionNumber(last) > transaction) oldestBeyond ??= properties.lastModified.getTime();
      }
    }
    return { newest, seconds: oldestBeyond === undefined ? 0 : Math.max(0, now - oldestBeyond) / 1000 };
  }
}

/** New transactions come here first, and the newest stays until it was compacted and the next has come. */
function levelZero(path: string, database: string): string {
  return `${path}/${database}/ltx/0`;
}
