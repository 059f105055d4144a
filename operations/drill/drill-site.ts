import type { HostDatabase } from "../../programs/host/host-settings";
import type { Lease } from "../../programs/host/lease/lease";
import type { Timeline } from "./evidence/drill-evidence";
import type { DrillHost } from "./hosts/drill-host";
import type { LocalSite } from "./hosts/local-site";

/** How an `up` of the hosts stack ended. */
export interface UpResult {
  readonly exitCode: number;
  /** Whether it left everything as it was. */
  readonly unchanged: boolean;
  readonly said: string;
}

/** Why something cannot be done here. */
export interface Impossible {
  readonly why: string;
}

/** What a drill knows of the lease. */
export type KnownLease = Pick<Lease, "term" | "primary" | "path" | "takenAt">;

/** Two hosts, what they share, and what a drill asks of it. */
export interface DrillSite {
  readonly kind: "local" | "real";
  /** The host that is meant to be primary. */
  readonly anvil: DrillHost;
  /** The host that is meant to take over. */
  readonly forge: DrillHost;
  readonly timeline: Timeline;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** What a site made on this machine can do beyond that; undefined of real hosts. */
  readonly local: LocalSite | undefined;
  /** Switches everything on that writes, follows and observes. */
  start(): Promise<void>;
  /** Where the copy of a database is that a loss is measured by. */
  copyPath(database: HostDatabase): string;
  /** Whether its copy is looked at while the primary writes. On real hosts only what the standby follows. */
  isObserved(database: HostDatabase): boolean;
  /** The lease; undefined when there is none, or when neither store nor hosts answer. */
  lease(): Promise<KnownLease | undefined>;
  /** The address that the failover name leads to. */
  nameContent(): Promise<string | undefined>;
  /** Deploys the hosts stack again. */
  up(): Promise<UpResult | Impossible>;
  /** Starts the drill's writers where it has to do that itself: on real hosts. Elsewhere they are what only the primary runs. */
  startWriters(host: DrillHost): Promise<void>;
  /** Ends them at once, where the drill has started them. */
  stopWriters(host: DrillHost): Promise<void>;
  /** Asks before something that interrupts service. On this machine it is always a yes; a no ends the drill. */
  beforeInterruption(what: string): Promise<void>;
  /** Ends what the drill itself started. */
  stop(): Promise<void>;
}
