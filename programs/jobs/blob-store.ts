// A container of the blob store, read and written with the job's managed identity; and a bucket, with requests that a key signs.
import { createHash, createHmac } from "node:crypto";
import { at, text, textAt } from "./job";

/** For a request without a large body. */
const requestTimeoutMs = 60_000;
/** For the files of a replica, which may be gigabytes. */
export const transferTimeoutMs = 3_600_000;

/** The text of a blob in the job's own container, or undefined when there is none. */
export async function readBlob(name: string): Promise<string | undefined> {
  const response = await storeCall("GET", blobUrl(text("CONTAINER_URL"), name), {}, { timeoutMs: requestTimeoutMs });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the blob store answered ${response.status} when ${name} was read`);
  return response.text();
}

/** Writes a blob in the job's own container, over the one that may be there. `body` is a text, or bytes of at most 5,000 MiB. */
export async function writeBlob(name: string, body: string | Uint8Array): Promise<void> {
  const headers = { "x-ms-blob-type": "BlockBlob" };
  const url = blobUrl(text("CONTAINER_URL"), name);
  const response = await storeCall("PUT", url, headers, { body, timeoutMs: requestTimeoutMs });
  if (!response.ok) throw new Error(`the blob store answered ${response.status} when ${name} was written`);
}

/** A text, bytes, or a stream of them. */
export type BlobBody = NonNullable<RequestInit["body"]>;

/** What a request of the blob service carries beside its headers. */
interface StoreRequest {
  readonly body?: BlobBody;
  /** Milliseconds until it is given up. Default: an hour. */
  readonly timeoutMs?: number;
}

/** A request of the blob service, with the job's identity. */
export async function storeCall(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  { body, timeoutMs = transferTimeoutMs }: StoreRequest = {},
): Promise<Response> {
  return fetch(url, {
    method,
    headers: { authorization: `Bearer ${await storageToken()}`, "x-ms-version": "2023-11-03", ...headers },
    // A stream is sent as it comes.
    ...(body === undefined ? {} : { body, duplex: "half" }),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

export async function storageToken(): Promise<string> {
  return identityToken("https://storage.azure.com");
}

/** A token of the job's identity for a service of Azure. */
export async function identityToken(resource: string): Promise<string> {
  const query = new URLSearchParams({ resource, "api-version": "2019-08-01" });
  // With several identities the endpoint has to be told which.
  if (process.env.AZURE_CLIENT_ID) query.set("client_id", process.env.AZURE_CLIENT_ID);
  const response = await fetch(`${text("IDENTITY_ENDPOINT")}?${query}`, {
    headers: { "x-identity-header": text("IDENTITY_HEADER") },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (!response.ok) throw new Error(`the identity endpoint answered ${response.status}`);
  const token = textAt(await response.json(), "access_token");
  if (token === undefined) throw new Error("the identity endpoint's answer has no token");
  return token;
}

/** The path of the term that counts; undefined when there is no lease. */
export async function leasePath(): Promise<string | undefined> {
  const response = await storeCall("GET", text("LEASE_URL"));
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the blob store answered ${response.status} when the lease was read`);
  const path = at(await response.json(), "path");
  if (typeof path !== "string" || path === "") throw new Error("the lease has no path");
  return path;
}

/** A blob as the store lists it. */
export interface ListedBlob {
  readonly name: string;
  /** When it was written, in milliseconds since 1970. */
  readonly writtenAt: number;
  /** Litestream's own time for it, which its restores to a moment go by (abs/replica_client.go of 0.5.16); empty when it has none. */
  readonly litestreamTime: string;
  /** Of a copy of an object in a bucket: which content of it was copied ({@link BucketObject.etag}); empty for anything else. */
  readonly sourceEtag: string;
}

/** Everything in a container below a prefix. */
export async function listBlobs(containerUrl: string, prefix: string): Promise<ListedBlob[]> {
  const blobs: ListedBlob[] = [];
  for (let marker = ""; ; ) {
    const more = marker === "" ? {} : { marker };
    const query = new URLSearchParams({ restype: "container", comp: "list", include: "metadata", prefix, ...more });
    const response = await storeCall("GET", `${containerUrl}?${query}`);
    if (!response.ok) throw new Error(`the blob store answered ${response.status} when ${containerUrl} was listed`);
    const page = await response.text();
    for (const [, blob = ""] of page.matchAll(/<Blob>(.*?)<\/Blob>/gs)) {
      const field = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`, "i").exec(blob)?.[1] ?? "";
      const writtenAt = Date.parse(field("Last-Modified"));
      const litestreamTime = field("litestreamtimestamp");
      blobs.push({
        name: plainXml(field("Name")),
        writtenAt,
        litestreamTime,
        sourceEtag: plainXml(field("sourceetag")),
      });
    }
    marker = plainXml(/<NextMarker>([^<]*)<\/NextMarker>/.exec(page)?.[1] ?? "");
    if (marker === "") return blobs;
  }
}

const xmlCharacters: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function plainXml(escaped: string): string {
  return escaped.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (all, name: string) =>
    name.startsWith("#")
      ? String.fromCodePoint(Number(name.slice(1).replace(/^x/i, "0x")))
      : (xmlCharacters[name] ?? all),
  );
}

/**
 * The address of a blob, or of an object in a bucket.
 *
 * @throws when a part of the name is `.` or `..`: whoever sends it would make another address of it
 */
export function blobUrl(containerUrl: string, name: string): string {
  const parts = name.split("/");
  if (parts.includes(".") || parts.includes("..")) throw new Error(`no address can hold the name "${name}"`);
  return `${containerUrl}/${parts.map(encoded).join("/")}`;
}

/** An object in a bucket as the S3 API lists it. */
export interface BucketObject {
  readonly name: string;
  /** Another one for each content. Empty where the store lists none. */
  readonly etag: string;
}

/** Everything in a bucket below a prefix, page by page. @param bucketUrl of the S3 API, signed with the job's key for it */
export async function* listBucket(bucketUrl: string, prefix: string): AsyncGenerator<readonly BucketObject[]> {
  for (let after = ""; ; ) {
    const url = new URL(bucketUrl);
    const more = after === "" ? {} : { "start-after": after };
    for (const [key, value] of Object.entries({ "list-type": "2", prefix, ...more })) url.searchParams.set(key, value);
    const response = await bucketCall("GET", url, { timeoutMs: requestTimeoutMs });
    if (!response.ok)
      throw new Error(`the store answered ${response.status} when ${prefix || "the bucket"} was listed`);
    const page = await response.text();
    const objects = [...page.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, object = ""]) => {
      const field = (name: string) => plainXml(new RegExp(`<${name}>([^<]*)</${name}>`).exec(object)?.[1] ?? "");
      return { name: field("Key"), etag: field("ETag") };
    });
    yield objects;
    after = objects.at(-1)?.name ?? "";
    if (after === "" || !page.includes("<IsTruncated>true</IsTruncated>")) return;
  }
}

/** A request of the S3 API of a bucket, signed with the job's key for it. */
export function bucketCall(
  method: string,
  url: URL,
  { body, timeoutMs = transferTimeoutMs }: StoreRequest = {},
): Promise<Response> {
  return fetch(url, {
    method,
    headers: bucketHeaders(method, url),
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

/** What signs a request of a bucket with the key that the job has. */
export function bucketHeaders(method: string, url: URL): Readonly<Record<string, string>> {
  const key = { accessKeyId: text("ACCESS_KEY_ID"), secretAccessKey: text("SECRET_ACCESS_KEY"), region: "auto" };
  return signedHeaders(key, { method, url, at: new Date() });
}

// A bucket that speaks the S3 API asks for "Signature Version 4" of AWS.

/** Who signs, and for which part of the service. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** R2 has one, `auto`. */
  readonly region: string;
}

/** What of a request is signed: everything but its body. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly at: Date;
  /** The hex digest of the body. Default: the body is not signed; HTTPS keeps it from being changed. */
  readonly bodySha256?: string;
}

/**
 * The headers that sign a request.
 *
 * Source: AWS, "Authenticating requests: using the authorization header (Signature Version 4)", whose example the tests check.
 */
export function signedHeaders(
  key: SigningKey,
  { method, url, at, bodySha256 = "UNSIGNED-PAYLOAD" }: SignedRequest,
): Readonly<Record<string, string>> {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/${key.region}/s3/aws4_request`;
  const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
  const signed = "host;x-amz-content-sha256;x-amz-date";
  const request = [
    method,
    url.pathname,
    query.join("&"),
    `host:${url.host}`,
    `x-amz-content-sha256:${bodySha256}`,
    `x-amz-date:${time}`,
    "",
    signed,
    bodySha256,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(request).digest("hex")].join("\n");
  const secret = scope
    .split("/")
    .reduce<Buffer | string>((keyed, part) => hmac(keyed, part), `AWS4${key.secretAccessKey}`);
  const signature = createHmac("sha256", secret).update(text).digest("hex");
  return {
    "x-amz-content-sha256": bodySha256,
    "x-amz-date": time,
    authorization: `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
