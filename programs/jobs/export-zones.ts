// Writes every zone as a BIND file to the backup store.
import { writeBlob } from "./blob-store";
import { list, messageOf, runJob, text, textAt } from "./job";

const exportTimeoutMs = 30_000;

runJob(async () => {
  const date = new Date().toISOString().slice(0, 10);
  const failures: string[] = [];
  for (const zone of list("ZONES")) {
    const [domain, id] = [textAt(zone, "domain"), textAt(zone, "id")];
    if (domain === undefined || id === undefined) throw new Error("each of ZONES must have a domain and an id");
    try {
      const file = await exportZone(id);
      await writeBlob(`${domain}/${date}.zone`, file);
      console.log(`${domain}: ${file.split("\n").length} lines`);
    } catch (error) {
      failures.push(domain);
      console.error(`${domain}: ${messageOf(error)}`);
    }
  }
  if (failures.length > 0) throw new Error(`not exported: ${failures.join(", ")}`);
});

/** @throws when Cloudflare refuses, or answers with something that is no zone file: an empty backup is worse than none */
async function exportZone(id: string): Promise<string> {
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
