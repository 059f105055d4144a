import { quoteForShell } from "../../../lib/shell-quote";
import { inTurn } from "../../../programs/host/agents/in-turn";
import type { HostDatabase } from "../../../programs/host/host-settings";
import { DrillError } from "../../programs/external-program";
import type { DrillSite } from "../drill-site";
import { type Check, check } from "../evidence/drill-evidence";
import type { DrillHost } from "../hosts/drill-host";
import { type FoundDatabase, inspectDatabases, listDatabases } from "../hosts/host-databases";
import type { CommittedRow } from "../measurements/ledger";
import type { StoredTerm } from "../store/azurite-store";
import { readCommittedRows } from "./host-state";

type Hosts = Pick<DrillSite, "anvil" | "forge">;

/** Databases that are looked at: the first of the inventory, which are written most. */
const sampled = 5;
const restoresAtOnce = 2;

/**
 * Checks in the store that nobody but its primary wrote into a term's path, of every term: what another host had committed there must
 * be from before the term.
 */
export async function checkOneWriterPerTerm(site: Hosts, terms: readonly StoredTerm[]): Promise<Check> {
  const strangers: string[] = [];
  let rows = 0;
  for (const term of terms) {
    const late = await readForeignRows(site, term);
    const databases = listDatabases(site.forge.settings).slice(0, sampled);
    await inTurn(databases, restoresAtOnce, async (database) => {
      const found = await restoreFromStore(site.forge, { database, path: term.path }).catch(() => undefined);
      rows += found?.rows.length ?? 0;
      const foreign =
        found?.rows.filter(({ origin, n }) => late.has(rowKey({ database: database.name, origin, n }))).length ?? 0;
      if (foreign > 0) strangers.push(`${foreign} rows of ${database.name} in term ${term.term}`);
    });
  }
  const nobody = `nobody else's rows in terms ${terms.map(({ term, primary }) => `${term} (${primary})`).join(", ")}`;
  const isRight = strangers.length === 0 && rows > 0;
  const measured = strangers.length > 0 ? strangers.join(", ") : `nobody's in ${rows} rows`;
  return check("each term was written by its primary alone", nobody, measured, isRight);
}

/** What hosts other than a term's primary committed after it had begun. */
async function readForeignRows({ anvil, forge }: Hosts, { primary, beganAt }: StoredTerm): Promise<Set<string>> {
  const late = new Set<string>();
  for (const other of [anvil, forge].filter(({ name }) => name !== primary)) {
    for (const row of await readCommittedRows(other)) if (row.at > beganAt) late.add(rowKey(row));
  }
  return late;
}

/** Rows by database, origin and number. */
type KeptRows = ReadonlySet<string>;

/** What the databases of hosts hold, and those in quarantine (`aside/` on the hosts). Databases that no standby follows are left out. */
export async function readKeptRows(hosts: readonly DrillHost[]): Promise<KeptRows> {
  const kept = new Set<string>();
  for (const host of hosts) {
    const live = listDatabases(host.settings).map(({ name, path }) => ({ name, path }));
    const all = [...live, ...(await listQuarantine(host))];
    const found = await inspectDatabases(
      host,
      all.map(({ path }) => path),
    );
    for (const { name, path } of all) {
      for (const { origin, n } of found.get(path)?.rows ?? []) kept.add(rowKey({ database: name, origin, n }));
    }
  }
  return kept;
}

/** The committed rows that are kept nowhere. */
export function findMissingRows(committed: readonly CommittedRow[], kept: KeptRows): readonly CommittedRow[] {
  return committed.filter((row) => !kept.has(rowKey(row)));
}

/** Databases that a deposed primary put into quarantine: the directory `aside/` on the host. */
export async function listQuarantine(
  host: DrillHost,
): Promise<readonly { readonly name: string; readonly path: string }[]> {
  const { stdout } = await host.shell(`find ${quoteForShell(`${host.settings.root}/aside`)} -name '*.db' 2>/dev/null`);
  const paths = stdout.split("\n").filter((path) => path !== "");
  return paths.map((path) => ({ path, name: path.slice(path.lastIndexOf("/") + 1, -".db".length) }));
}

/** What tells a row from every other one. */
function rowKey({ database, origin, n }: Pick<CommittedRow, "database" | "origin" | "n">): string {
  return `${database} ${origin} ${n}`;
}

interface StoreRestore {
  readonly database: Pick<HostDatabase, "name">;
  /** The replicas' path in the container: that of a term. */
  readonly path: string;
  /** As it was then. ISO 8601. Default: the newest */
  readonly timestamp?: string;
}

/** Restores a database from the store with Litestream, beside the live one, and reads what is in it. */
export async function restoreFromStore(
  host: DrillHost,
  { database, path: replicas, timestamp }: StoreRestore,
): Promise<FoundDatabase> {
  const { programs, replication, root } = host.settings;
  const process = replication.find(({ databases }) => databases.some(({ name }) => name === database.name));
  const path = process?.databases.find(({ name }) => name === database.name)?.path;
  if (process === undefined || path === undefined) throw new DrillError(`${host.name} replicates no ${database.name}`);
  const output = `${host.recordDirectory}/restored-${database.name}.db`;
  const litestream = [programs.litestream, "restore", "-config", process.configuration, "-o", output];
  const command = [...litestream, ...(timestamp === undefined ? [] : ["-timestamp", timestamp]), path];
  // The credentials go from the file into the environment, and are on no command line.
  const { exitCode, stderr, stdout } = await host.shell(
    `rm -f ${quoteForShell(output)}*; set -a; . ${quoteForShell(`${root}/etc/secrets.env`)}; REPLICA_PATH=${quoteForShell(replicas)}; set +a; ${command.map(quoteForShell).join(" ")}`,
  );
  if (exitCode !== 0) throw new DrillError(`${database.name} cannot be restored from ${replicas}: ${stdout}${stderr}`);
  const found = await inspectDatabases(host, [output]);
  await host.shell(`rm -f ${quoteForShell(output)}*`);
  return found.get(output) ?? { integrity: "absent", rows: [] };
}
