// A container of the blob store, read and written with the job's managed identity; and how requests to a bucket are signed with a key.
import { createHash, createHmac } from "node:crypto";
import { at, text, textAt } from "./job";

/** For a request without a large body. */
const requestTimeoutMs = 60_000;
/** For the files of a replica, which may be gigabytes. */
const transferTimeoutMs = 3_600_000;

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
      blobs.push({ name: plainXml(field("Name")), writtenAt, litestreamTime: field("litestreamtimestamp") });
    }
    marker = plainXml(/<NextMarker>([^<]*)<\/NextMarker>/.exec(page)?.[1] ?? "");
    if (marker === "") return blobs;
  }
}

function plainXml(escaped: string): string {
  return escaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

/** A blob's address: names hold nothing but words, dashes, dots and slashes. */
export function blobUrl(containerUrl: string, name: string): string {
  return `${containerUrl}/${name.split("/").map(encodeURIComponent).join("/")}`;
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
