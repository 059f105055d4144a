import type { RoleFile } from "../../../programs/host/lease/lease";
import { ledgerPath, observationsPath } from "../hosts/drill-agents";
import { type DrillHost, readHostFile } from "../hosts/drill-host";
import { type CommittedRow, type CopyObservation, parseLedger, parseObservations } from "../measurements/ledger";

/** What a host's lease agent last decided; undefined when it never did, or writes just now. */
export async function readRole(host: DrillHost): Promise<RoleFile | undefined> {
  const text = await readHostFile(host, `${host.settings.root}/state/role.json`);
  if (text === undefined) return undefined;
  try {
    const content: RoleFile = JSON.parse(text);
    return content;
  } catch {
    return undefined;
  }
}

/** Whether a host has a role in a term, or a later one. */
export async function hasRole(host: DrillHost, role: RoleFile["role"], term: number): Promise<boolean> {
  const found = await readRole(host);
  return found !== undefined && found.role === role && found.term >= term;
}

/** What a host's health endpoint says: its status, or undefined when it does not answer. */
export async function readHealth(host: DrillHost, timeoutMs = 2_000): Promise<number | undefined> {
  const url = host.settings.hosts.find(({ name }) => name === host.name)?.healthUrl;
  if (url === undefined) return undefined;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: "error" });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}

/** Every row that a host's writers committed. */
export async function readCommittedRows(host: DrillHost): Promise<readonly CommittedRow[]> {
  return parseLedger((await readHostFile(host, ledgerPath(host))) ?? "", ledgerPath(host));
}

/** What was seen of a host's copies. */
export async function readObservations(host: DrillHost): Promise<readonly CopyObservation[]> {
  return parseObservations((await readHostFile(host, observationsPath(host))) ?? "", observationsPath(host));
}

/** Databases that have rows on one host, of which the other host's copy was never seen with one. */
export async function findUnfollowedDatabases(primary: DrillHost, standby: DrillHost): Promise<readonly string[]> {
  const seen = new Set((await readObservations(standby)).map(({ database }) => database));
  const written = new Set((await readCommittedRows(primary)).map(({ database }) => database));
  return [...written].filter((database) => !seen.has(database));
}
