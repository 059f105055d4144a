// Copies what the newest state of every database needs to a container in which nobody can delete for a while, as the one who may
// write there. The bytes stay within the storage account.

import { type BlobBody, blobUrl, leasePath, listBlobs, storageToken, storeCall } from "./blob-store";
import { messageOf, runJob, tell, text, texts } from "./job";
import { replicasOf, restoreChain, type StoredReplicaFile } from "./replica-chain";

runJob(async () => {
  const failures: string[] = [];
  try {
    await copyAll(text("CONTAINER_URL"), text("COPIES_URL"), texts("DATABASES"), failures);
  } catch (error) {
    failures.push(messageOf(error));
  }
  for (const failure of failures) console.error(failure);
  if (failures.length === 0) return;
  const lines = failures.slice(0, 20).map((line) => `• ${line}`);
  await tell("SLACK_WEBHOOK", `:rotating_light: Backups were not copied\n${lines.join("\n")}`);
  process.exitCode = 1;
});

async function copyAll(from: string, to: string, databases: readonly string[], failures: string[]): Promise<void> {
  const path = await leasePath();
  if (path === undefined) throw new Error("there is no lease, so there is nothing to copy");
  const copied = new Set((await listBlobs(to, `${path}/`)).map(({ name }) => name));
  let replicas = replicasOf(path, await listBlobs(from, `${path}/`));
  if (!databases.some((name) => replicas.has(name)))
    throw new Error(`there is nothing below ${path}, where the lease says it is`);
  const copier = new Copier(from, to, copied);
  for (const name of databases) {
    try {
      await copier.copyChain(replicas.get(name) ?? []);
    } catch {
      // Compaction deletes files while they are copied: once more with what is there now.
      replicas = replicasOf(path, await listBlobs(from, `${path}/`));
      await copier
        .copyChain(replicas.get(name) ?? [])
        .catch((error: unknown) => failures.push(`${name}: ${messageOf(error)}`));
    }
  }
  // Without the lease nobody would know which path counts.
  const lease = JSON.stringify({ path });
  await copier.put(
    `leases/${new Date().toISOString().replaceAll(":", "")}.json`,
    lease,
    String(Buffer.byteLength(lease)),
    {},
  );
}

type Metadata = Readonly<Record<string, string>>;

/** Copies blobs of one container to another, each at most once. */
class Copier {
  constructor(
    private readonly from: string,
    private readonly to: string,
    private readonly copied: Set<string>,
  ) {}

  async copyChain(files: readonly StoredReplicaFile[]): Promise<void> {
    for (const { name, litestreamTime } of restoreChain(files)) {
      if (this.copied.has(name)) continue;
      // Said expressly: without it a copy would count as written when it was copied, and no moment in between could be restored.
      await this.copy(name, litestreamTime === "" ? {} : { "x-ms-meta-litestreamtimestamp": litestreamTime });
      this.copied.add(name);
      console.log(`copied ${name}`);
    }
  }

  private async copy(name: string, metadata: Metadata): Promise<void> {
    const source = blobUrl(this.from, name);
    const response = await storeCall("PUT", blobUrl(this.to, name), {
      "x-ms-blob-type": "BlockBlob",
      "x-ms-copy-source": source,
      "x-ms-copy-source-authorization": `Bearer ${await storageToken()}`,
      ...metadata,
      "if-none-match": "*",
      "content-length": "0",
    });
    if (response.ok || isThere(response)) return;
    if (response.status !== 403) throw new Error(`the blob store answered ${response.status} when ${name} was copied`);
    // Where the account's firewall keeps the service from reading its own source, the bytes go through this job.
    const original = await storeCall("GET", source);
    const length = original.headers.get("content-length");
    if (!original.ok || original.body === null || length === null)
      throw new Error(`the blob store answered ${original.status} when ${name} was read`);
    await this.put(name, original.body, length, metadata);
  }

  async put(name: string, body: BlobBody, length: string, metadata: Metadata): Promise<void> {
    const headers = { "x-ms-blob-type": "BlockBlob", "if-none-match": "*", "content-length": length, ...metadata };
    const response = await storeCall("PUT", blobUrl(this.to, name), headers, { body });
    if (!response.ok && !isThere(response))
      throw new Error(`the blob store answered ${response.status} when ${name} was written`);
  }
}

/** Whether another run, which overlaps this one, wrote the blob first: blobs are written whole and never change. */
function isThere(response: Response): boolean {
  const code = response.headers.get("x-ms-error-code");
  return code === "BlobAlreadyExists" || (response.status === 412 && code === "ConditionNotMet");
}
