import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, openAsBlob } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { blobUrl, bucketCall, listBlobs, listBucket, storeCall } from "./blob-store";
import { fail, runJob, text, texts } from "./job";

// Keeps the dumps of databases, and what came of testing them, in a container of blobs or in a bucket. One step of a job:
//
//   store   puts the dumps of a directory into the store, and says when they were not tested for too long
//   fetch   gets the newest dumps into the directory, and says whether they are to be restored
//   record  puts what came of the test into the store
//
// With DUMPS_KEY, 32 bytes in base64, everything is encrypted before it leaves, and refused when it was changed on its way back.
//
// In the store: daily/DATABASE/TIME.dump with .rows beside it, monthly/ and pre-migration/ likewise; tests/DATABASE/TIME.KIND.

const day = 86_400_000;
/** A dump is made each day, and takes its time. */
const staleAfter = 26 * 3_600_000;
/** Tests are weekly, and restore once a month; a week later somebody has to look. */
const testedWithin = { listed: 8 * day, restored: 38 * day } as const;

runJob(async () => {
  const steps = { store, fetch: fetchNewest, record } as const;
  const name = text("STEP");
  if (name !== "store" && name !== "fetch" && name !== "record") throw new Error(`STEP must not be "${name}"`);
  for (const database of texts("DATABASES")) await steps[name](database);
});

async function store(database: string): Promise<void> {
  const name = now();
  const folder = text("FOLDER");
  await putDump(folder, database, name);
  // One dump of each month is kept longer: the first that there is.
  const months = process.env.MONTHLY === "true" ? await names(`monthly/${database}/`) : undefined;
  if (months !== undefined && !months.some((dump) => dump.startsWith(name.slice(0, 7))))
    await putDump("monthly", database, name);
  if (folder === "daily") await tellUntested(database);
}

async function putDump(folder: string, database: string, name: string): Promise<void> {
  // The rows first: a dump that is seen is whole.
  for (const kind of ["rows", "dump"]) {
    await put(`${folder}/${database}/${name}.${kind}`, work(`${database}.${kind}`));
  }
  console.log(`${database}: kept as ${folder}/${database}/${name}.dump`);
}

/** Whoever would test is silent too when it does not run: the job that runs each day tells. */
async function tellUntested(database: string): Promise<void> {
  const tests = await names(`tests/${database}/`);
  const oldest = (await names(`daily/${database}/`)).filter((name) => name.endsWith(".dump"))[0] ?? now();
  for (const [kind, within] of Object.entries(testedWithin)) {
    const newest = tests.filter((name) => kind === "listed" || name.endsWith(kind)).at(-1);
    const age = ageOf(newest ?? oldest);
    if (age > within)
      fail(
        `${database}: not ${kind} for ${Math.round(age / day)} days, ${within / day} are allowed: look at the job that tests dumps`,
      );
  }
}

async function fetchNewest(database: string): Promise<void> {
  const newest = (await names(`daily/${database}/`)).filter((name) => name.endsWith(".dump")).at(-1);
  if (newest === undefined) throw new Error(`${database}: missing: the store has no dump of it`);
  const age = ageOf(newest);
  if (age > staleAfter) throw new Error(`${database}: stale: the newest dump is ${Math.round(age / 3_600_000)} h old`);
  for (const kind of ["rows", "dump"]) {
    await get(`daily/${database}/${newest.replace(/dump$/, kind)}`, work(`${database}.${kind}`));
  }
  const month = now().slice(0, 7);
  const tests = await names(`tests/${database}/`);
  if (!tests.some((name) => name.startsWith(month) && name.endsWith("restored"))) await writeFile(work("restore"), "");
  console.log(`${database}: fetched ${newest}`);
}

async function record(database: string): Promise<void> {
  const kind = (await readFile(work(`${database}.tested`), "utf8")).trim();
  await put(`tests/${database}/${now()}.${kind}`, work(`${database}.rows`));
  console.log(`${database}: ${kind}`);
}

/** Puts a file into the store. */
async function put(name: string, file: string): Promise<void> {
  const key = encryptionKey();
  const sealed = key === undefined ? file : `${file}.sealed`;
  if (key !== undefined) await pipeline(seal(file, key), createWriteStream(sealed));
  await call("PUT", name, await openAsBlob(sealed));
}

/** Gets a file out of the store. */
async function get(name: string, file: string): Promise<void> {
  const key = encryptionKey();
  const { body } = await call("GET", name);
  if (body === null) throw new Error(`the store answered without a body when ${name} was read`);
  const sealed = key === undefined ? file : `${file}.sealed`;
  await pipeline(Readable.fromWeb(body), createWriteStream(sealed));
  if (key === undefined) return;
  const refuse = () => {
    throw new Error(`corrupt: ${name} is not what was stored, or was encrypted with another key`);
  };
  await pipeline(await unseal(sealed, key), createWriteStream(file)).catch(refuse);
}

/** @throws when it is no key, as the placeholder that a secret has at first is none */
function encryptionKey(): Buffer | undefined {
  if (process.env.DUMPS_KEY === undefined) return undefined;
  const key = Buffer.from(process.env.DUMPS_KEY, "base64");
  if (key.length === 32) return key;
  throw new Error(
    "DUMPS_KEY is not 32 bytes in base64: set the secret, for example to what openssl rand -base64 32 says",
  );
}

const [algorithm, nonceBytes, tagBytes] = ["aes-256-gcm", 12, 16] as const;

/** A nonce, the file encrypted, and the tag that proves both. */
async function* seal(file: string, key: Buffer) {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce);
  yield nonce;
  for await (const chunk of createReadStream(file)) yield cipher.update(chunk);
  yield cipher.final();
  yield cipher.getAuthTag();
}

async function unseal(file: string, key: Buffer) {
  const { size } = await stat(file);
  const part = async (start: number, end: number) =>
    start > end ? Buffer.alloc(0) : Buffer.concat(await createReadStream(file, { start, end }).toArray());
  const decipher = createDecipheriv(algorithm, key, await part(0, nonceBytes - 1));
  decipher.setAuthTag(await part(size - tagBytes, size - 1));
  return async function* () {
    const end = size - tagBytes - 1;
    if (end >= nonceBytes)
      for await (const chunk of createReadStream(file, { start: nonceBytes, end })) yield decipher.update(chunk);
    yield decipher.final();
  };
}

function work(file: string): string {
  return join(text("WORK"), file);
}

/** @example "2026-11-30T03-00-12Z" */
function now(): string {
  return new Date().toISOString().replaceAll(":", "-").replace(/\.\d+/, "");
}

/** Milliseconds since the time in a name. */
function ageOf(name: string): number {
  return Date.now() - Date.parse(name.slice(0, 20).replace(/T(\d\d)-(\d\d)-/, "T$1:$2:"));
}

/** What is below a prefix, without it, the oldest first. */
async function names(prefix: string): Promise<string[]> {
  const url = text("STORE_URL");
  const found: { readonly name: string }[] = [];
  if (process.env.ACCESS_KEY_ID === undefined) found.push(...(await listBlobs(url, prefix)));
  else for await (const page of listBucket(url, prefix)) found.push(...page);
  return found.map(({ name }) => name.slice(prefix.length)).sort();
}

/** @throws when the store does not do what it is asked */
async function call(method: "GET" | "PUT", name: string, body?: Blob): Promise<Response> {
  const url = blobUrl(text("STORE_URL"), name);
  const inBlobs = method === "PUT" ? { "x-ms-blob-type": "BlockBlob" } : {};
  const response =
    process.env.ACCESS_KEY_ID === undefined
      ? await storeCall(method, url, inBlobs, body === undefined ? {} : { body })
      : await bucketCall(method, new URL(url), body === undefined ? {} : { body });
  if (!response.ok) throw new Error(`the store answered ${response.status} to ${method} ${name}`);
  return response;
}
