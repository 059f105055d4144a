// Writes every zone as a BIND file to the backup store.
import { writeBlob } from "./blob-store.mjs";
import { text } from "./environment.mjs";

const exportTimeoutMs = 30_000;
const date = new Date().toISOString().slice(0, 10);
const failures = [];
for (const { domain, id } of JSON.parse(text("ZONES"))) {
  try {
    const zone = await exported(id);
    await writeBlob(`${domain}/${date}.zone`, zone);
    console.log(`${domain}: ${zone.split("\n").length} lines`);
  } catch (error) {
    failures.push(domain);
    console.error(`${domain}: ${error.message}`);
  }
}
if (failures.length > 0) throw new Error(`not exported: ${failures.join(", ")}`);

/** @throws when Cloudflare refuses, or answers with something that is no zone file: an empty backup is worse than none */
async function exported(id) {
  const api = process.env.CLOUDFLARE_API ?? "https://api.cloudflare.com/client/v4";
  const response = await fetch(`${api}/zones/${id}/dns_records/export`, {
    headers: { authorization: `Bearer ${text("CLOUDFLARE_API_TOKEN")}` },
    signal: AbortSignal.timeout(exportTimeoutMs),
  });
  if (!response.ok) throw new Error(`Cloudflare answered ${response.status}`);
  const zone = await response.text();
  if (!/\sSOA\s/.test(zone)) throw new Error("Cloudflare's answer has no SOA record");
  return zone;
}
