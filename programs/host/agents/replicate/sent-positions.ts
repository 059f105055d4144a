import { statSync } from "node:fs";
import type { HostDatabase, ReplicationProcess } from "../../host-settings";
import type { ReplicaPositions } from "../../lease/replica-positions";
import { lastCaptured, transactionText, uncaptured } from "../litestream";

export type SentPositions =
  | { readonly kind: "sent"; readonly of: Readonly<Record<string, string>> }
  | { readonly kind: "not-sent"; readonly missing: readonly string[] };

/** Where the replicas of a policy end, if the store has everything that is on this host. Asked while Litestream does not run. */
export async function sentPositions(
  process: ReplicationProcess,
  path: string,
  positions: ReplicaPositions,
): Promise<SentPositions> {
  const looks = await Promise.all(
    process.databases.map(async (database) => ({ name: database.name, at: await sentOf(database, path, positions) })),
  );
  const missing = looks.filter(({ at }) => at === "not-sent").map(({ name }) => name);
  if (missing.length > 0) return { kind: "not-sent", missing };
  const sent = looks.filter(({ at }) => at !== "absent").map(({ name, at }) => [name, at] as const);
  return { kind: "sent", of: Object.fromEntries(sent) };
}

async function sentOf(database: HostDatabase, path: string, positions: ReplicaPositions): Promise<string> {
  const captured = lastCaptured(database);
  if (captured === undefined) return statSync(database.path, { throwIfNoEntry: false }) ? "not-sent" : "absent";
  if (uncaptured(database, captured) !== "none") return "not-sent";
  const beyond = await positions.beyond(path, database.name, captured.transaction);
  return beyond.newest >= captured.transaction ? transactionText(beyond.newest) : "not-sent";
}
