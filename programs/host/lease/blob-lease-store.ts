import type { BlockBlobClient, ContainerClient } from "@azure/storage-blob";
import type { Lease, LeaseRead, LeaseStore, LeaseWrite } from "./lease";
import { LeaseDocumentError, parseLease, printLease } from "./lease-document";

/** The lease as a blob: created with `If-None-Match: *`, replaced with `If-Match`. */
export class BlobLeaseStore implements LeaseStore {
  private readonly blob: BlockBlobClient;

  /**
   * @param timeoutMilliseconds until a request counts as failed. @default 5000
   */
  constructor(
    container: ContainerClient,
    name: string,
    private readonly timeoutMilliseconds = 5000,
  ) {
    this.blob = container.getBlockBlobClient(name);
  }

  async read(): Promise<LeaseRead> {
    try {
      const response = await this.blob.download(0, undefined, { abortSignal: this.deadline() });
      const text = await textOf(response.readableStreamBody);
      if (response.etag === undefined) return { kind: "unreachable", reason: "the store answered without an ETag" };
      return { kind: "found", lease: parseLease(text), etag: response.etag };
    } catch (error) {
      if (error instanceof LeaseDocumentError) return { kind: "corrupt", problem: error.message };
      if (codeOf(error) === "BlobNotFound") return { kind: "missing" };
      return { kind: "unreachable", reason: storeProblem(error) };
    }
  }

  create(lease: Lease): Promise<LeaseWrite> {
    return this.write(lease, { ifNoneMatch: "*" });
  }

  replace(lease: Lease, etag: string): Promise<LeaseWrite> {
    return this.write(lease, { ifMatch: etag });
  }

  private async write(lease: Lease, conditions: { ifMatch: string } | { ifNoneMatch: string }): Promise<LeaseWrite> {
    const text = printLease(lease);
    try {
      const { etag } = await this.blob.upload(text, Buffer.byteLength(text), {
        conditions,
        blobHTTPHeaders: { blobContentType: "application/json", blobCacheControl: "no-store" },
        abortSignal: this.deadline(),
      });
      return etag === undefined ? this.compareWithStored(text) : { kind: "won", etag };
    } catch (error) {
      // 412: the ETag is another; 409: the blob is there already; 404: the container or the blob is gone.
      const status = statusOf(error);
      if (status === 412 || status === 409) return this.compareWithStored(text);
      return { kind: "unreachable", reason: storeProblem(error) };
    }
  }

  /** A write that was answered twice, or whose answer got lost, has won when the lease is the one that was to be written. */
  private async compareWithStored(text: string): Promise<LeaseWrite> {
    const read = await this.read();
    if (read.kind === "unreachable") return read;
    return read.kind === "found" && printLease(read.lease) === text
      ? { kind: "won", etag: read.etag }
      : { kind: "lost", to: read };
  }

  private deadline(): AbortSignal {
    return AbortSignal.timeout(this.timeoutMilliseconds);
  }
}

async function textOf(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

/** What an error of the store's client says in one line, without its request and the headers in it. */
export function storeProblem(error: unknown): string {
  const status = statusOf(error);
  const code = codeOf(error);
  if (status !== undefined) return `${status}${code === undefined ? "" : ` ${code}`}`;
  if (error instanceof Error && error.name === "AbortError") return "no answer in time";
  return code ?? (error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : undefined;
}

/** @example "BlobNotFound" */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

const timeoutMs = 15_000;

/** Deletes a blob. What is gone already is gone: an earlier attempt may have been interrupted before it heard so. */
export async function removeBlob(container: ContainerClient, name: string): Promise<void> {
  try {
    await container.deleteBlob(name, { abortSignal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
