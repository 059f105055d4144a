import { ledgerPath, observationsPath } from "../hosts/drill-agents";
import { type DrillHost, readHostFile } from "../hosts/drill-host";
import { type CommittedRow, type Observation, parseLedger, parseObservations } from "../measurements/ledger";

/** Every row that a host's writers committed. */
export async function readCommittedRows(host: DrillHost): Promise<readonly CommittedRow[]> {
  return parseLedger((await readHostFile(host, ledgerPath(host))) ?? "", ledgerPath(host));
}

/** What was seen of a host's copies. */
export async function readObservations(host: DrillHost): Promise<readonly Observation[]> {
  return parseObservations((await readHostFile(host, observationsPath(host))) ?? "", observationsPath(host));
}

/** Databases that have rows on one host, of which the other host's copy was never seen with one. */
export async function findUnfollowedDatabases(primary: DrillHost, standby: DrillHost): Promise<readonly string[]> {
  const seen = new Set((await readObservations(standby)).map(({ database }) => database));
  const written = new Set((await readCommittedRows(primary)).map(({ database }) => database));
  return [...written].filter((database) => !seen.has(database));
}
