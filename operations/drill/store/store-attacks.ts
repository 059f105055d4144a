import { randomBytes } from "node:crypto";
import { type StoreAccount, storeClient } from "./blob-store";

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
