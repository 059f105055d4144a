import type { HostDatabase } from "../../../programs/host/host-settings";
import { DrillError } from "../../programs/drill-error";
import { type DrillHost, quoted } from "../hosts/drill-host";
import { type FoundDatabase, inspectDatabases } from "../hosts/host-databases";

export interface StoreRestore {
  readonly database: Pick<HostDatabase, "name">;
  /** The replicas' path in the container: that of a term. */
  readonly path: string;
  /** As it was then. ISO 8601. Default: the newest */
  readonly timestamp?: string;
}

/** Restores a database from the store with Litestream, beside the live one, and reads what is in it. */
export async function restoredFromStore(
  host: DrillHost,
  { database, path: replicas, timestamp }: StoreRestore,
): Promise<FoundDatabase> {
  const { programs, replication, root } = host.settings;
  const process = replication.find(({ databases }) => databases.some(({ name }) => name === database.name));
  const path = process?.databases.find(({ name }) => name === database.name)?.path;
  if (process === undefined || path === undefined) throw new DrillError(`${host.name} replicates no ${database.name}`);
  const output = `${host.recordDirectory}/restored-${database.name}.db`;
  const litestream = [programs.litestream, "restore", "-config", process.configuration, "-o", output];
  const words = [...litestream, ...(timestamp === undefined ? [] : ["-timestamp", timestamp]), path];
  // The credentials go from the file into the environment, and are on no command line.
  const { exitCode, stderr, stdout } = await host.shell(
    `rm -f ${quoted(output)}*; set -a; . ${quoted(`${root}/etc/secrets.env`)}; REPLICA_PATH=${quoted(replicas)}; set +a; ${words.map(quoted).join(" ")}`,
  );
  if (exitCode !== 0) throw new DrillError(`${database.name} cannot be restored from ${replicas}: ${stdout}${stderr}`);
  const found = await inspectDatabases(host, [output]);
  await host.shell(`rm -f ${quoted(output)}*`);
  return found.get(output) ?? { integrity: "absent", rows: [] };
}
