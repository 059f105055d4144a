// The replicas in a blob store, as a job sees them that reads them with its managed identity.
import { storageToken } from "./blob-store.mjs";
import { text } from "./environment.mjs";

const replicaTimeoutMs = 3_600_000;

/** A request of the blob service, with the job's identity. */
export async function storeCall(method, url, headers = {}, more = {}) {
  return fetch(url, {
    method,
    headers: { authorization: `Bearer ${await storageToken()}`, "x-ms-version": "2023-11-03", ...headers },
    signal: AbortSignal.timeout(replicaTimeoutMs),
    ...more,
  });
}

/** The path of the term that counts; undefined when there is no lease. */
export async function leasePath() {
  const response = await storeCall("GET", text("LEASE_URL"));
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the blob store answered ${response.status} when the lease was read`);
  const { path } = await response.json();
  if (typeof path !== "string" || path === "") throw new Error("the lease has no path");
  return path;
}

/**
 * Everything in a container below a prefix: its name, when it was written, and Litestream's own time for it, which its restores to a
 * moment go by (abs/replica_client.go of 0.5.16).
 */
export async function listedBlobs(containerUrl, prefix) {
  const blobs = [];
  for (let marker = ""; ; ) {
    const more = marker === "" ? {} : { marker };
    const query = new URLSearchParams({ restype: "container", comp: "list", include: "metadata", prefix, ...more });
    const response = await storeCall("GET", `${containerUrl}?${query}`);
    if (!response.ok) throw new Error(`the blob store answered ${response.status} when ${containerUrl} was listed`);
    const page = await response.text();
    for (const [, blob] of page.matchAll(/<Blob>(.*?)<\/Blob>/gs)) {
      const field = (name) => new RegExp(`<${name}>([^<]*)</${name}>`, "i").exec(blob)?.[1] ?? "";
      const writtenAt = Date.parse(field("Last-Modified"));
      blobs.push({ name: plainXml(field("Name")), writtenAt, litestreamTime: field("litestreamtimestamp") });
    }
    marker = plainXml(/<NextMarker>([^<]*)<\/NextMarker>/.exec(page)?.[1] ?? "");
    if (marker === "") return blobs;
  }
}

function plainXml(escaped) {
  return escaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

/** A blob's address: names hold nothing but words, dashes, dots and slashes. */
export function blobUrl(containerUrl, name) {
  return `${containerUrl}/${name.split("/").map(encodeURIComponent).join("/")}`;
}
