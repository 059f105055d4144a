import type { BlobClient, ContainerClient } from "@azure/storage-blob";
import { transactionNumber } from "../agents/litestream";
import { statusOf } from "./blob-lease-store";

/**
 * What a primary has sent of each database of one policy, kept beside the lease.
 *
 * A follower without it lists ten prefixes of its replica at each poll, for 59 databases some 500 requests a second. With this one
 * small blob the standby knows who has something to fetch, and the others sleep.
 */
export interface ReplicaHeads {
  readonly path: string;
  /** ISO 8601, UTC, by the primary's clock. */
  readonly at: string;
  /** The newest transaction in the store, by database. */
  readonly databases: Readonly<Record<string, string>>;
}

/** Written again after this long although nothing changed, so that silence means that the primary is away. */
export const headsEveryMs = 15_000;

export class ReplicaHeadsBlob {
  private readonly blob: BlobClient;
  private etag: string | undefined;
  private last: ReplicaHeads | undefined;

  constructor(
    private readonly container: ContainerClient,
    private readonly policy: string,
  ) {
    this.blob = container.getBlobClient(nameOf(policy));
  }

  async write(heads: ReplicaHeads): Promise<void> {
    const text = JSON.stringify(heads);
    await this.container.getBlockBlobClient(nameOf(this.policy)).upload(text, Buffer.byteLength(text), {
      blobHTTPHeaders: { blobContentType: "application/json", blobCacheControl: "no-store" },
      abortSignal: AbortSignal.timeout(5000),
    });
  }

  /** What is there now, asked for conditionally: a 304 costs next to nothing. `undefined` when it is not there or not reached. */
  async read(): Promise<ReplicaHeads | undefined> {
    const conditions = this.etag === undefined ? {} : { ifNoneMatch: this.etag };
    try {
      const abortSignal = AbortSignal.timeout(5000);
      const response = await this.blob.download(0, undefined, { conditions, abortSignal });
      const chunks: Buffer[] = [];
      for await (const chunk of response.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
      this.last = headsOf(JSON.parse(Buffer.concat(chunks).toString("utf8")));
      this.etag = response.etag;
    } catch (error) {
      if (statusOf(error) !== 304) {
        this.etag = undefined;
        this.last = undefined;
      }
    }
    return this.last;
  }
}

/** By database: the number of the newest transaction. */
export function headNumbers(heads: ReplicaHeads): ReadonlyMap<string, number> {
  return new Map(Object.entries(heads.databases).map(([name, txid]) => [name, transactionNumber(txid)]));
}

function headsOf(value: unknown): ReplicaHeads | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { path, at, databases }: Record<string, unknown> = Object.fromEntries(Object.entries(value));
  if (typeof path !== "string" || typeof at !== "string" || typeof databases !== "object" || databases === null)
    return undefined;
  return {
    path,
    at,
    databases: Object.fromEntries(Object.entries(databases).map(([name, txid]) => [name, String(txid)])),
  };
}

function nameOf(policy: string): string {
  return `sent-${policy}.json`;
}
