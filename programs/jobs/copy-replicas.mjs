// Copies what the newest state of every database needs to a container in which nobody can delete for a while, as the one who may
// write there. The bytes stay within the storage account.

import { storageToken } from "./blob-store.mjs";
import { text } from "./environment.mjs";
import { replicasOf, restoreChain } from "./replica-chain.mjs";
import { blobUrl, leasePath, listedBlobs, storeCall } from "./replica-store.mjs";
import { tell } from "./slack.mjs";

const originalsUrl = text("CONTAINER_URL");
const copiesUrl = text("COPIES_URL");
const names = JSON.parse(text("DATABASES"));
const failures = [];
try {
  const path = await leasePath();
  if (path === undefined) throw new Error("there is no lease, so there is nothing to copy");
  const copied = new Set((await listedBlobs(copiesUrl, `${path}/`)).map(({ name }) => name));
  let replicas = replicasOf(path, await listedBlobs(originalsUrl, `${path}/`));
  if (!names.some((name) => replicas.has(name)))
    throw new Error(`there is nothing below ${path}, where the lease says it is`);
  for (const name of names) {
    try {
      await copyChain(replicas.get(name) ?? [], copied);
    } catch {
      // Compaction deletes files while they are copied: once more with what is there now.
      replicas = replicasOf(path, await listedBlobs(originalsUrl, `${path}/`));
      await copyChain(replicas.get(name) ?? [], copied).catch((error) => failures.push(`${name}: ${error.message}`));
    }
  }
  // Without the lease nobody would know which path counts.
  await put(`leases/${new Date().toISOString().replaceAll(":", "")}.json`, JSON.stringify({ path }));
} catch (error) {
  failures.push(error.message);
}
for (const failure of failures) console.error(failure);
if (failures.length > 0) {
  const lines = failures.slice(0, 20).map((line) => `• ${line}`);
  await tell(text("SLACK_WEBHOOK"), `:rotating_light: Backups were not copied\n${lines.join("\n")}`);
  process.exitCode = 1;
}

async function copyChain(files, copied) {
  for (const { name, litestreamTime } of restoreChain(files)) {
    if (copied.has(name)) continue;
    // Said expressly: without it a copy would count as written when it was copied, and no moment in between could be restored.
    await copy(name, litestreamTime === "" ? {} : { "x-ms-meta-litestreamtimestamp": litestreamTime });
    copied.add(name);
    console.log(`copied ${name}`);
  }
}

async function copy(name, metadata) {
  const source = blobUrl(originalsUrl, name);
  const response = await storeCall("PUT", blobUrl(copiesUrl, name), {
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
  if (!original.ok) throw new Error(`the blob store answered ${original.status} when ${name} was read`);
  await put(name, original.body, original.headers.get("content-length"), metadata);
}

async function put(name, body, length = String(Buffer.byteLength(body)), metadata = {}) {
  const headers = { "x-ms-blob-type": "BlockBlob", "if-none-match": "*", "content-length": length, ...metadata };
  const response = await storeCall("PUT", blobUrl(copiesUrl, name), headers, { body, duplex: "half" });
  if (!response.ok && !isThere(response))
    throw new Error(`the blob store answered ${response.status} when ${name} was written`);
}

/** Whether another run, which overlaps this one, wrote the blob first: blobs are written whole and never change. */
function isThere(response) {
  const code = response.headers.get("x-ms-error-code");
  return code === "BlobAlreadyExists" || (response.status === 412 && code === "ConditionNotMet");
}
