// A blob container, read and written with the job's managed identity.
import { text } from "./environment.mjs";

const storageTimeoutMs = 60_000;

/** The blob's text, or undefined when there is none. */
export async function readBlob(name) {
  const response = await blobCall("GET", name, {}, undefined);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the blob store answered ${response.status} when ${name} was read`);
  return response.text();
}

/** Writes a blob, over the one that may be there. `body` is a text, or bytes of at most 5,000 MiB. */
export async function writeBlob(name, body) {
  const response = await blobCall("PUT", name, { "x-ms-blob-type": "BlockBlob" }, body);
  if (!response.ok) throw new Error(`the blob store answered ${response.status} when ${name} was written`);
}

async function blobCall(method, name, headers, body) {
  return fetch(`${text("CONTAINER_URL")}/${name.split("/").map(encodeURIComponent).join("/")}`, {
    method,
    headers: { authorization: `Bearer ${await storageToken()}`, "x-ms-version": "2023-11-03", ...headers },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(storageTimeoutMs),
  });
}

export async function storageToken() {
  return identityToken("https://storage.azure.com");
}

/** A token of the job's identity for a service of Azure. */
export async function identityToken(resource) {
  const query = new URLSearchParams({ resource, "api-version": "2019-08-01" });
  // With several identities the endpoint has to be told which.
  if (process.env.AZURE_CLIENT_ID) query.set("client_id", process.env.AZURE_CLIENT_ID);
  const response = await fetch(`${text("IDENTITY_ENDPOINT")}?${query}`, {
    headers: { "x-identity-header": text("IDENTITY_HEADER") },
    signal: AbortSignal.timeout(storageTimeoutMs),
  });
  if (!response.ok) throw new Error(`the identity endpoint answered ${response.status}`);
  return (await response.json()).access_token;
}
