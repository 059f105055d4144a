import { type DrillHost, quoted } from "../hosts/drill-host";
import { databasesOf, inspectDatabases } from "../hosts/host-databases";
import type { CommittedRow } from "../measurements/ledger";

/** Rows by database, origin and number. */
export type KeptRows = ReadonlySet<string>;

/** What the databases of hosts hold, those that were set aside among them. Databases that no standby follows are left out. */
export async function rowsKeptAnywhere(hosts: readonly DrillHost[]): Promise<KeptRows> {
  const kept = new Set<string>();
  for (const host of hosts) {
    const live = databasesOf(host.settings).map(({ name, path }) => ({ name, path }));
    const all = [...live, ...(await setAside(host))];
    const found = await inspectDatabases(
      host,
      all.map(({ path }) => path),
    );
    for (const { name, path } of all) {
      for (const { origin, n } of found.get(path)?.rows ?? []) kept.add(keyOf({ database: name, origin, n }));
    }
  }
  return kept;
}

/** The committed rows that are kept nowhere. */
export function stillMissing(committed: readonly CommittedRow[], kept: KeptRows): readonly CommittedRow[] {
  return committed.filter((row) => !kept.has(keyOf(row)));
}

/** Databases of a deposed primary. */
export async function setAside(host: DrillHost): Promise<readonly { readonly name: string; readonly path: string }[]> {
  const { stdout } = await host.shell(`find ${quoted(`${host.settings.root}/aside`)} -name '*.db' 2>/dev/null`);
  const paths = stdout.split("\n").filter((path) => path !== "");
  return paths.map((path) => ({ path, name: path.slice(path.lastIndexOf("/") + 1, -".db".length) }));
}

/** What tells a row from every other one. */
export function keyOf({ database, origin, n }: Pick<CommittedRow, "database" | "origin" | "n">): string {
  return `${database} ${origin} ${n}`;
}
