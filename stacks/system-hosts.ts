import { refusal } from "../lib/refusal";
import { installsOnMachines, type StackDefinition, stackDefinitions, systemHosts, systemNames } from "./registry";

/** A machine that no cloud runs. */
export interface SystemHost {
  readonly name: string;
  /** One primary, one standby that can take over, and clients that only use them. */
  readonly role: "primary" | "standby" | "client";
  /** Its address in the tailnet; undefined while no device of that name has one. */
  readonly address: string | undefined;
  /** Whether it can order a failover: the primary, the standby, and clients with a home directory of their own. */
  readonly ordersFailovers: boolean;
}

/** What an inventory promises about the backup of one database. */
export interface BackupPromise {
  /** @example "mission-control" */
  readonly database: string;
  /** @example "P0-critical" */
  readonly tier: string;
  /** A replica whose newest transaction is older is stale, when nobody can say whether the database was only quiet. Undefined: any age. */
  readonly staleAfterSeconds: number | undefined;
  /** It may not exist yet, so that nothing in the store is no finding. */
  readonly unwritten: boolean;
  /** What may be lost: sync interval and a minute. Judged where the live database is at hand. */
  readonly lossSeconds: number;
}

/** Where the backups of one stack are, and what it has beside the hosts' databases. */
export interface BackupPlace {
  /** The storage account that hosts replicate to; undefined when no account that is known by name holds their replicas. */
  readonly account: string | undefined;
  /** The container with copies of the replicas that no host can change; undefined when there is none. */
  readonly copies: string | undefined;
  /** The databases of its PostgreSQL server. */
  readonly postgresDatabases: readonly string[];
}

/** What failover, drill, drift and restore tests need to know of the hosts of a system. Each system tells it of its own inventory. */
export interface SystemHosts {
  readonly hosts: readonly SystemHost[];
  /** Below a host's home directory: where programs, settings and databases lie. @example "system" */
  readonly directory: string;
  /** The beginning of every launchd label. @example "no.alai" */
  readonly labelPrefix: string;
  /** Where it is written who is primary. The account is undefined while none is known by name. */
  readonly lease: { readonly account: string | undefined; readonly container: string; readonly blob: string };
  /** Failed polls after which the heartbeat tells people. */
  readonly alertAfter: number;
  /** The container that the primary replicates to. */
  readonly replicas: string;
  readonly promises: readonly BackupPromise[];
  /** By stack. */
  readonly backups: Readonly<Record<string, BackupPlace>>;
}

/**
 * The hosts of the system that a stack belongs to.
 *
 * @throws {RunError} when the system has none, naming the stacks whose system has
 */
export function hostsOf({ name, system }: Pick<StackDefinition, "name" | "system">): SystemHosts {
  const found = systemHosts(system);
  if (found !== undefined) return found;
  const others = stackDefinitions.filter((stack) => systemHosts(stack.system) !== undefined).map(({ name }) => name);
  throw refusal(`stack "${name}"`, [
    `there are no hosts in its system, "${system}" (stacks/systems.yaml); there are in that of ${others.join(", ") || "no stack"}`,
  ]);
}

/** The stacks that install on machines. */
const hostStacks: readonly StackDefinition[] = stackDefinitions.filter(({ name }) => installsOnMachines(name));

/** The hosts of every system that has some. */
export function allHosts(): readonly SystemHosts[] {
  return systemNames.flatMap((system) => systemHosts(system) ?? []);
}

/**
 * The stack that installs on hosts: the one that is named, or the only one.
 *
 * @throws {RunError} when the named one installs on no hosts, or none is named and there is more than one
 */
export function hostStack(name?: string): StackDefinition {
  const [only, ...others] = hostStacks;
  if (name === undefined && only !== undefined && others.length === 0) return only;
  const found = name === undefined ? undefined : hostStacks.find((stack) => stack.name === name);
  if (found !== undefined) return found;
  const known = hostStacks.map((stack) => stack.name).join(", ");
  throw refusal(`stack "${name ?? ""}"`, [`expected a stack that installs on hosts: ${known}; name it with --stack`]);
}
