import type { BlobServiceClient } from "@azure/storage-blob";

/**
 * The second place of the replicas, which hosts have no credentials for. In Azure a scheduled job with an identity of its own copies
 * into an immutable container; here the drill does, into another account.
 */
export class StoreCopies {
  constructor(
    private readonly store: BlobServiceClient,
    private readonly copies: BlobServiceClient,
    readonly container: string,
  ) {}

  /** Copies everything that is not there yet. What was copied is never changed. @returns how many blobs */
  async copyAll(): Promise<number> {
    const [from, to] = [this.store.getContainerClient(this.container), this.copies.getContainerClient(this.container)];
    await to.createIfNotExists();
    let copied = 0;
    for await (const { name } of from.listBlobsFlat()) {
      const target = to.getBlockBlobClient(name);
      if (await target.exists()) continue;
      // Litestream compacts while this runs: what is gone by now has a successor.
      const content = await from
        .getBlobClient(name)
        .downloadToBuffer()
        .catch(() => undefined);
      if (content === undefined) continue;
      const metadata = (
        await from
          .getBlobClient(name)
          .getProperties()
          .catch(() => undefined)
      )?.metadata;
      await target.uploadData(content, {
        conditions: { ifNoneMatch: "*" },
        ...(metadata === undefined ? {} : { metadata }),
      });
      copied += 1;
    }
    return copied;
  }

  /** Brings the copies into the store, as a person with the copies' credentials does after an attack. @returns how many blobs */
  async bringBack(): Promise<number> {
    const [from, to] = [this.copies.getContainerClient(this.container), this.store.getContainerClient(this.container)];
    await to.createIfNotExists();
    let restored = 0;
    for await (const { name, metadata } of from.listBlobsFlat({ includeMetadata: true })) {
      const content = await from.getBlobClient(name).downloadToBuffer();
      await to.getBlockBlobClient(name).uploadData(content, metadata === undefined ? {} : { metadata });
      restored += 1;
    }
    return restored;
  }
}
