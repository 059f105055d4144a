// Whether Azure has a recent backup of a PostgreSQL server. That it restores is shown by a point-in-time restore: docs/backups.md.
import { identityToken } from "./blob-store";
import { listAt, number, text, textAt } from "./job";

const managementTimeoutMs = 60_000;

/** What is wrong with the server's backups; empty when nothing is. */
export async function postgresProblems(): Promise<string[]> {
  const management = process.env.AZURE_MANAGEMENT ?? "https://management.azure.com";
  const server = text("POSTGRES_SERVER_ID");
  const name = server.split("/").at(-1);
  const response = await fetch(`${management}${server}/backups?api-version=2024-08-01`, {
    headers: { authorization: `Bearer ${await identityToken("https://management.azure.com/")}` },
    signal: AbortSignal.timeout(managementTimeoutMs),
  });
  if (!response.ok) return [`${name}: unreadable: Azure answered ${response.status} when its backups were listed`];
  const times = listAt(await response.json(), "value")
    .map((backup) => Date.parse(textAt(backup, "properties", "completedTime") ?? ""))
    .filter(Number.isFinite);
  if (times.length === 0) return [`${name}: missing: Azure has no backup of the server`];
  const age = (Date.now() - Math.max(...times)) / 1000;
  console.log(`${name}: ${times.length} backups, the newest ${Math.round(age / 60)} min old`);
  if (age <= number("POSTGRES_STALE_AFTER_SECONDS")) return [];
  return [`${name}: stale: Azure's newest backup is ${Math.round(age / 3600)} h old`];
}
