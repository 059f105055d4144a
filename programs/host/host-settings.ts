import { readFileSync } from "node:fs";
import { z } from "zod";

/**
 * What a host's generated settings file (`<root>/etc/host.json`) says. `HostReplication` writes it, the agents and the failover read
 * it. It holds no secret: those are in `<root>/etc/secrets.env`, mode 0600, which a bootstrap on the host writes.
 */
export interface HostSettings {
  /** The host that reads this file. @example "forge" */
  readonly host: string;
  /** Where everything lies. Absolute. @example "/Users/operator/system" */
  readonly root: string;
  /** Prefix of every launchd label. @example "no.alai" */
  readonly labelPrefix: string;
  /** Where launchd finds the agents. @example "/Users/operator/Library/LaunchAgents" */
  readonly agentsDirectory: string;
  /** Both hosts of the pair, this one among them. */
  readonly hosts: readonly PairedHost[];
  readonly store: StoreSettings;
  /** One entry for each Litestream process: one for each tier, because retention is global in a process. */
  readonly replication: readonly ReplicationProcess[];
  /** launchd labels of programs that may only run on the primary. @example ["no.alai.orchestrator"] */
  readonly primaryOnlyAgents: readonly string[];
  readonly health: { readonly port: number };
  readonly inference: InferenceSettings;
  readonly failoverName: FailoverNameSettings;
  /** Absolute paths of the programs that agents start. */
  readonly programs: {
    readonly litestream: string;
    readonly sqlite3: string;
    readonly node: string;
    readonly launchctl: string;
  };
  readonly timing: TimingSettings;
  /** Absent in the settings of an older generator: nothing is removed. */
  readonly leftovers?: LeftoverSettings | undefined;
}

/** One of the two hosts, as the other one sees it. */
export interface PairedHost {
  readonly name: string;
  /** The tailnet address. @example "100.104.164.86" */
  readonly address: string;
  /** What it is meant to be. Which one serves is the lease's to say. */
  readonly intendedRole: "primary" | "standby";
  /** @example "http://100.104.164.86:8099/health" */
  readonly healthUrl: string;
}

/** The blob store that holds the replicas and the lease. */
export interface StoreSettings {
  /** @example "alaibackups0ebb" */
  readonly account: string;
  /** The blob endpoint. @example "https://alaibackups0ebb.blob.core.windows.net" */
  readonly endpoint: string;
  /** The container of the replicas. @example "system-db-backups" */
  readonly container: string;
  /** The container of the lease. @example "failover" */
  readonly leaseContainer: string;
  /** The lease's blob. @example "lease.json" */
  readonly leaseBlob: string;
}

/** A Litestream process: the databases of one tier. */
export interface ReplicationProcess {
  /** @example "p0-critical" */
  readonly policy: string;
  /** @example "/Users/operator/system/etc/litestream-p0-critical.yml" */
  readonly configuration: string;
  readonly databases: readonly HostDatabase[];
  /**
   * How far back its databases can be restored, in seconds. An earlier term's replicas stay at least as long after the term. Absent in the
   * settings of an older generator: they stay.
   *
   * @example 2592000
   */
  readonly retentionSeconds?: number | undefined;
  /**
   * Litestream's control socket, as its configuration names it (`socket: { enabled: true, path: … }`, mode 0600). The health agent asks
   * it when each database was last sent. At most 100 characters: a socket's path cannot be longer.
   *
   * @example "/Users/operator/system/state/litestream-p0-critical.sock"
   */
  readonly controlSocket?: string | undefined;
}

export interface HostDatabase {
  /** @example "mission-control" */
  readonly name: string;
  readonly tier: "P0-critical" | "P0-financial" | "P1" | "P2";
  /** Absolute path of the live file. On the standby it is absent; the copy is read at `<root>/following/<name>.db`. */
  readonly path: string;
  readonly syncSeconds: number;
  readonly followedByStandby: boolean;
}

/** Where inference is served, and which models replace which ("ANVIL SPOF Elimination Plan" 4.2). */
export interface InferenceSettings {
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
  readonly servers: readonly { readonly host: string; readonly url: string; readonly healthPath: string }[];
}

/** The DNS record that a failover switches. The API token is `CLOUDFLARE_API_TOKEN` of the secrets file. */
export interface FailoverNameSettings {
  /** @example "primary.net.alai.no" */
  readonly hostname: string;
  readonly zoneId: string;
  readonly recordId: string;
  /** Base of the API; changed only by tests and the drill. @default "https://api.cloudflare.com/client/v4" */
  readonly api: string;
  readonly ttlSeconds: number;
}

/** Seconds between ticks, and until something counts as gone. The drill uses the same values as the hosts. */
export interface TimingSettings {
  /** How often the lease is read. @default 3 */
  readonly leaseSeconds: number;
  /** After this long without a confirmed lease, replication stops until the term is confirmed. @default 20 */
  readonly confirmationSeconds: number;
  /** A follower that has not moved for this long, while its replica has, is restored again. @default 60 */
  readonly stalledSeconds: number;
}

/** What failovers leave on a host, and how long it is kept (docs/decisions/0025). */
export interface LeftoverSettings {
  /** Days after which quarantined databases (`aside/`) are removed, when nothing of them is unsent. Default: 14. */
  readonly asideDays: number;
}

const path = z.string().startsWith("/", "expected an absolute path");
const seconds = z.number().positive();

// Loose: a newer generator may say more than this program knows.
const settingsSchema: z.ZodType<HostSettings> = z.looseObject({
  host: z.string().min(1),
  root: path,
  labelPrefix: z.string().min(1),
  agentsDirectory: path,
  hosts: z
    .array(
      z.looseObject({
        name: z.string().min(1),
        address: z.string().min(1),
        intendedRole: z.enum(["primary", "standby"]),
        healthUrl: z.url(),
      }),
    )
    .length(2, "expected both hosts of the pair"),
  store: z.looseObject({
    account: z.string().min(1),
    endpoint: z.url(),
    container: z.string().min(1),
    leaseContainer: z.string().min(1),
    leaseBlob: z.string().min(1),
  }),
  replication: z.array(
    z.looseObject({
      policy: z.string().min(1),
      configuration: path,
      retentionSeconds: seconds.optional(),
      controlSocket: path.optional(),
      databases: z.array(
        z.looseObject({
          name: z.string().min(1),
          tier: z.enum(["P0-critical", "P0-financial", "P1", "P2"]),
          path,
          syncSeconds: seconds,
          followedByStandby: z.boolean(),
        }),
      ),
    }),
  ),
  primaryOnlyAgents: z.array(z.string().min(1)),
  health: z.looseObject({ port: z.int().min(1).max(65_535) }),
  inference: z.looseObject({
    everySeconds: seconds,
    timeoutSeconds: seconds,
    servers: z.array(
      z.looseObject({
        host: z.string().min(1),
        url: z.url(),
        healthPath: z.string().startsWith("/", "expected a path"),
      }),
    ),
  }),
  failoverName: z.looseObject({
    hostname: z.string().min(1),
    zoneId: z.string().min(1),
    recordId: z.string().min(1),
    api: z.url(),
    ttlSeconds: seconds,
  }),
  programs: z.looseObject({ litestream: path, sqlite3: path, node: path, launchctl: path }),
  timing: z.looseObject({ leaseSeconds: seconds, confirmationSeconds: seconds, stalledSeconds: seconds }),
  leftovers: z.looseObject({ asideDays: z.number().min(1) }).optional(),
});

/** The settings file is missing or not as it should be. The message names file and fields, all at once. */
export class SettingsFileError extends Error {
  override name = "SettingsFileError";
}

/**
 * Reads a host's settings file.
 *
 * @throws SettingsFileError
 * @example readSettings("/Users/operator/system/etc/host.json")
 */
export function readSettings(file: string): HostSettings {
  const result = settingsSchema.safeParse(jsonOf(file));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path: at, message }) => `  ${at.join(".") || "the document"}: ${message}`,
  );
  throw new SettingsFileError(
    `${file} is not a host's settings file; \`npm run up -- --stack hosts\` writes it:\n${problems.join("\n")}`,
  );
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsFileError(`${file} cannot be read: ${why}. \`npm run up -- --stack hosts\` writes it.`);
  }
}
