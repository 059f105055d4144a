// Copies what is new or changed in a bucket, which keeps no earlier versions, into a container of blobs, which does. It deletes nothing
// there: whoever empties the bucket does not reach the copy.

import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import {
  type BucketObject,
  blobUrl,
  bucketHeaders,
  listBlobs,
  listBucket,
  storeCall,
  transferTimeoutMs,
} from "./blob-store";
import { fail, messageOf, runJob, text } from "./job";

/** How many objects are under way at once. */
const atOnce = 8;
/** How many failures are printed one by one. */
const printedFailures = 20;

runJob(async () => {
  const copied = new Map((await listBlobs(text("COPIES_URL"), "")).map(({ name, sourceEtag }) => [name, sourceEtag]));
  let [found, written] = [0, 0];
  const failures: string[] = [];
  for await (const page of listBucket(text("BUCKET_URL"), "")) {
    found += page.length;
    const wanted = page.filter(({ name, etag }) => copied.get(name) !== etag);
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let object = wanted.pop(); object !== undefined; object = wanted.pop()) {
          try {
            await copy(object);
            written++;
          } catch (error) {
            failures.push(`${object.name}: ${messageOf(error)}`);
          }
        }
      }),
    );
  }
  for (const failure of failures.slice(0, printedFailures)) console.error(failure);
  console.log(`${found} objects, ${written} of them copied now; ${copied.size} were here`);
  if (failures.length > 0) fail(`${failures.length} objects were not copied; the next run tries them again`);
});

async function copy({ name }: BucketObject): Promise<void> {
  const original = await readObject(new URL(blobUrl(text("BUCKET_URL"), name)));
  const { statusCode, headers } = original;
  const { etag, "content-length": length, "content-type": type, "content-encoding": encoding } = headers;
  if (statusCode !== 200) original.resume();
  // Deleted since it was listed: there is nothing to lose.
  if (statusCode === 404) return;
  if (statusCode !== 200 || etag === undefined || length === undefined)
    throw new Error(`the bucket answered ${statusCode} when it was read`);
  const response = await storeCall(
    "PUT",
    blobUrl(text("COPIES_URL"), name),
    {
      "x-ms-blob-type": "BlockBlob",
      "x-ms-blob-content-type": type ?? "application/octet-stream",
      ...(encoding === undefined ? {} : { "x-ms-blob-content-encoding": encoding }),
      // Of what was read, which may be newer than what was listed.
      "x-ms-meta-sourceetag": etag,
      "content-length": length,
    },
    { body: original },
  );
  if (!response.ok) throw new Error(`the blob store answered ${response.status} when it was written`);
}

/**
 * An object as its bucket holds it. `fetch` would unpack what was stored packed (`Content-Encoding`), and its length would be another.
 */
async function readObject(url: URL): Promise<IncomingMessage> {
  const { get } = url.protocol === "http:" ? http : https;
  const signal = AbortSignal.timeout(transferTimeoutMs);
  const [response] = await once(get(url, { headers: bucketHeaders("GET", url), signal }), "response");
  return response;
}
