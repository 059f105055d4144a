import type { ContainerClient } from "@azure/storage-blob";

/** What the primary of a term took over from the one before, by database: the last transaction of its replica. */
export type Takeover = Readonly<Record<string, string>>;

/**
 * Keeps it beside the lease, so that the host which was deposed can tell what it alone has. The store itself does not say: a primary that
 * was cut off may send the rest later, when nobody takes it over any more.
 */
export class TakeoverRecords {
  constructor(private readonly container: ContainerClient) {}

  async write(term: number, takeover: Takeover): Promise<void> {
    const text = JSON.stringify(takeover, undefined, 2);
    await this.container.getBlockBlobClient(nameOf(term)).upload(text, Buffer.byteLength(text), {
      blobHTTPHeaders: { blobContentType: "application/json" },
      abortSignal: AbortSignal.timeout(10_000),
    });
  }

  /** Nothing when the primary of the term has not said it yet, or when it cannot be read. */
  async read(term: number): Promise<Takeover | undefined> {
    try {
      const blob = this.container.getBlobClient(nameOf(term));
      const text = (await blob.downloadToBuffer(0, undefined, { abortSignal: AbortSignal.timeout(10_000) })).toString(
        "utf8",
      );
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null) return undefined;
      return Object.fromEntries(Object.entries(value).map(([name, position]) => [name, String(position)]));
    } catch {
      return undefined;
    }
  }
}

function nameOf(term: number): string {
  return `takeover-term-${term}.json`;
}
