import { type BlobItem, type BlobServiceClient, type ContainerClient, RestError } from "@azure/storage-blob";

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
    return transfer(from, to, await namesIn(to));
  }

  /** Brings the copies into the store, as a person with the copies' credentials does after an attack. @returns how many blobs */
  async bringBack(): Promise<number> {
    const [from, to] = [this.copies.getContainerClient(this.container), this.store.getContainerClient(this.container)];
    await to.createIfNotExists();
    return transfer(from, to, new Set());
  }
}

const atOnce = 16;

async function namesIn(container: ContainerClient): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { name } of container.listBlobsFlat()) names.add(name);
  return names;
}

async function transfer(from: ContainerClient, to: ContainerClient, except: ReadonlySet<string>): Promise<number> {
  const blobs: BlobItem[] = [];
  for await (const blob of from.listBlobsFlat({ includeMetadata: true })) if (!except.has(blob.name)) blobs.push(blob);
  let transferred = 0;
  const work = async (): Promise<void> => {
    for (let blob = blobs.pop(); blob !== undefined; blob = blobs.pop()) {
      const content = await contentOf(from, blob.name);
      if (content === undefined) continue;
      const { metadata } = blob;
      await to.getBlockBlobClient(blob.name).uploadData(content, metadata === undefined ? {} : { metadata });
      transferred += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return transferred;
}

/** Undefined when it is gone by now: Litestream compacts meanwhile, and what it took away has a successor. */
async function contentOf(container: ContainerClient, name: string): Promise<Buffer | undefined> {
  try {
    return await container.getBlobClient(name).downloadToBuffer();
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 404) return undefined;
    throw error;
  }
}
