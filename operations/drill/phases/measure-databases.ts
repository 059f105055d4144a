import type { DatabaseEvidence } from "../evidence/drill-evidence";
import { databaseShape } from "../hosts/database-shapes";
import type { DrillHost } from "../hosts/drill-host";
import { type FoundDatabase, inspectDatabases, listDatabases } from "../hosts/host-databases";
import { type CommittedRow, type CopyObservation, computeLags } from "../measurements/ledger";
import { compareRows } from "../measurements/recovery";

/** What was lost, and when, and where copies are. */
export interface Loss {
  /** Rows that the lost primary had committed. */
  readonly committed: readonly CommittedRow[];
  /** What was seen of the copies while it lived. */
  readonly observed: readonly CopyObservation[];
  /** Milliseconds since 1970. */
  readonly failedAt: number;
  readonly seed: number;
}

/** Compares every database of the inventory with what the new primary has. */
export async function measureDatabases(
  host: DrillHost,
  { committed, observed, failedAt, seed }: Loss,
): Promise<readonly DatabaseEvidence[]> {
  const databases = listDatabases(host.settings);
  const found = await inspectDatabases(
    host,
    databases.map(({ path }) => path),
  );
  const before = committed.filter(({ at }) => at <= failedAt);
  const lags = new Map(computeLags(before, observed).map(({ database, seconds }) => [database, seconds]));
  return databases.map((database) => {
    const { name, tier, syncSeconds, followedByStandby } = database;
    const copy = found.get(database.path) ?? { integrity: "absent", rows: [] };
    const own = before.filter((row) => row.database === name);
    const { secondsLost, recovered, hasHoles, altered } = compareRows(name, own, copy.rows, { seed, failedAt });
    return {
      name,
      tier,
      syncSeconds,
      followed: followedByStandby,
      lags: (lags.get(name) ?? []).map((lag) => Math.round(lag * 1000) / 1000),
      committed: own.length,
      recovered,
      secondsLost,
      integrity: hasHoles || altered > 0 ? "damaged" : judgeIntegrity(name, own.length, copy),
    };
  });
}

/** A database that was never written and has no file counts as empty: there is nothing to have a copy of. */
function judgeIntegrity(name: string, committed: number, { integrity }: FoundDatabase): DatabaseEvidence["integrity"] {
  const isUnused = committed === 0 && databaseShape(name).kilobytes === 0;
  return isUnused && integrity === "absent" ? "empty" : integrity;
}
