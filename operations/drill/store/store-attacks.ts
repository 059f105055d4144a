import { randomBytes } from "node:crypto";
import { type BlobItem, type BlobServiceClient, type ContainerClient, RestError } from "@azure/storage-blob";
import { type StoreAccount, storeClient } from "./azurite-store";

/** What goes wrong in the store, or is done to it, with the credentials that the hosts have. */
export class StoreAttacks {
  constructor(
    private readonly account: StoreAccount,
    private readonly copies: StoreAccount,
    private readonly port: number,
    private readonly container: string,
  ) {}

  /** A file of a database's replica that was written after a moment, in the lowest level; undefined when there is none yet. */
  async newestFileAfter(prefix: string, moment: number): Promise<string | undefined> {
    let newest: { readonly name: string; readonly at: number } | undefined;
    for await (const { name, properties } of this.replicas().listBlobsFlat({ prefix })) {
      const at = properties.lastModified.getTime();
      if (at >= moment && at >= (newest?.at ?? 0) && /\/ltx\/0+\//.test(name)) newest = { name, at };
    }
    return newest?.name;
  }

  /** Fills the second half of a file with noise: what reads it finds out in the middle. */
  async damage(name: string): Promise<void> {
    const blob = this.replicas().getBlockBlobClient(name);
    const content = await blob.downloadToBuffer();
    const { metadata } = await blob.getProperties();
    const half = Math.floor(content.length / 2);
    const damaged = Buffer.concat([content.subarray(0, half), randomBytes(content.length - half)]);
    await blob.uploadData(damaged, metadata === undefined ? {} : { metadata });
  }

  /** Deletes every file that the hosts' credentials reach. @returns how many */
  async deleteEverything(): Promise<number> {
    let deleted = 0;
    const client = storeClient(this.account, this.port);
    for await (const { name: container } of client.listContainers()) {
      for await (const { name } of client.getContainerClient(container).listBlobsFlat()) {
        await client.getContainerClient(container).deleteBlob(name);
        deleted += 1;
      }
    }
    return deleted;
  }

  /** Whether the copies refuse the hosts' credentials. */
  async copiesRefuseHosts(): Promise<boolean> {
    const thief = storeClient({ name: this.copies.name, key: this.account.key }, this.port);
    try {
      await thief.getContainerClient(this.container).getProperties();
      return false;
    } catch {
      return true;
    }
  }

  private replicas() {
    return storeClient(this.account, this.port).getContainerClient(this.container);
  }
}

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
    return transfer(from, to, await listNames(to));
  }

  /** Brings the copies into the store, as a person with the copies' credentials does after an attack. @returns how many blobs */
  async bringBack(): Promise<number> {
    const [from, to] = [this.copies.getContainerClient(this.container), this.store.getContainerClient(this.container)];
    await to.createIfNotExists();
    return transfer(from, to, new Set());
  }
}

const atOnce = 16;

async function listNames(container: ContainerClient): Promise<ReadonlySet<string>> {
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
      const content = await downloadContent(from, blob.name);
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
async function downloadContent(container: ContainerClient, name: string): Promise<Buffer | undefined> {
  try {
    return await container.getBlobClient(name).downloadToBuffer();
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 404) return undefined;
    throw error;
  }
}
