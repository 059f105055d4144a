import type { DatabaseTier } from "../../../components/host-replication/schema";
import { durationSeconds } from "../../../lib/duration";
import type { InventoryContents } from "./files";

/** What the inventory promises about the backup of one database. */
export interface BackupPromise {
  /** @example "mission-control" */
  readonly database: string;
  readonly tier: DatabaseTier;
  /**
   * A replica whose newest transaction is older is stale, when nobody can say whether the database was only quiet: `restoreTest` of
   * backup.yaml. Undefined: it may be quiet for any time.
   */
  readonly staleAfterSeconds: number | undefined;
  /** It may not exist yet, so that nothing in the store is no finding. */
  readonly unwritten: boolean;
  /** What may be lost: sync interval and a minute. Judged where the live database is at hand. */
  readonly lossSeconds: number;
}

/** Seconds that a database may be behind beyond its sync interval (the hosts' plan: less than 60 s are lost). */
const graceSeconds = 60;

/** The promise for each database of the inventory, in its order. */
export function backupPromises({
  databases,
  backup,
}: Pick<InventoryContents, "databases" | "backup">): readonly BackupPromise[] {
  const { staleAfter, quiet = {} } = backup.restoreTest;
  return databases.databases.map(({ name, tier, syncInterval }) => {
    const limit = quiet[name] ?? staleAfter[tier];
    return {
      database: name,
      tier,
      staleAfterSeconds: limit === "never" || limit === "unwritten" ? undefined : durationSeconds(limit),
      unwritten: limit === "unwritten",
      lossSeconds: durationSeconds(syncInterval ?? databases.tiers[tier].syncInterval) + graceSeconds,
    };
  });
}
