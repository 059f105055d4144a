import type { ContainerClient } from "@azure/storage-blob";
import { statusOf } from "../../lease/blob-lease-store";
import type { TakeoverRecords } from "../../lease/takeover-record";
import type { TakeoverRecord } from "./judge-replica";
import { type StoredReplica, storedFile } from "./stored-replica";

const listingTimeoutMs = 120_000;
const deletionTimeoutMs = 15_000;
const recordName = /^takeover-term-(\d+)\.json$/;

/** What is left in the store of earlier terms. Deleting there is soft: versions stay for the account's recovery days. */
export class EarlierTerms {
  constructor(
    private readonly replicas: ContainerClient,
    private readonly leases: ContainerClient,
    private readonly takeovers: TakeoverRecords,
  ) {}

  /**
   * Every takeover that was written, and the store's time: a host's clock may be wrong.
   *
   * @throws when the store does not answer, or says no time
   */
  async records(): Promise<{ readonly now: number; readonly records: readonly TakeoverRecord[] }> {
    let now = Number.NaN;
    const found: { readonly term: number; readonly at: number }[] = [];
    const options = { prefix: "takeover-term-", abortSignal: AbortSignal.timeout(listingTimeoutMs) };
    for await (const page of this.leases.listBlobsFlat(options).byPage()) {
      now = page.date?.getTime() ?? now;
      for (const { name, properties } of page.segment.blobItems) {
        const term = recordName.exec(name)?.[1];
        if (term !== undefined) found.push({ term: Number(term), at: properties.lastModified.getTime() });
      }
    }
    if (Number.isNaN(now)) throw new Error("the store does not say what time it is");
    const records: TakeoverRecord[] = [];
    for (const { term, at } of found) {
      const takeover = await this.takeovers.read(term);
      if (takeover !== undefined) records.push({ term, at, takeover });
    }
    return { now, records };
  }

  /** What the store has of a database below a term's path. */
  async replica(path: string, database: string): Promise<StoredReplica> {
    const files: StoredReplica["files"][number][] = [];
    const strange: string[] = [];
    const options = { prefix: `${path}/${database}/`, abortSignal: AbortSignal.timeout(listingTimeoutMs) };
    for await (const { name, properties } of this.replicas.listBlobsFlat(options)) {
      const file = storedFile(name, properties.lastModified.getTime());
      if (file === undefined) strange.push(name);
      else files.push(file);
    }
    return { files, strange };
  }

  removeFile(name: string): Promise<void> {
    return remove(this.replicas, name);
  }

  removeRecord(term: number): Promise<void> {
    return remove(this.leases, `takeover-term-${term}.json`);
  }
}

/** What is gone already is gone: an earlier attempt may have been interrupted before it heard so. */
async function remove(container: ContainerClient, name: string): Promise<void> {
  try {
    await container.deleteBlob(name, { abortSignal: AbortSignal.timeout(deletionTimeoutMs) });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
