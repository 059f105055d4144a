import { readFileSync } from "node:fs";
import { z } from "zod";

const path = z.string().startsWith("/", "expected an absolute path");
const name = z.string().min(1);
const seconds = z.number().positive();

/** One of the two hosts, as the other one sees it. */
const pairedHost = z.object({
  name,
  /** The tailnet address. @example "100.104.164.86" */
  address: name,
  /** What it is meant to be. Which one serves is the lease's to say. */
  intendedRole: z.enum(["primary", "standby"]),
  /** @example "http://100.104.164.86:8099/health" */
  healthUrl: z.url(),
});

/** The blob store that holds the replicas and the lease. */
const store = z.object({
  /** @example "alaibackups0ebb" */
  account: name,
  /** The blob endpoint. @example "https://alaibackups0ebb.blob.core.windows.net" */
  endpoint: z.url(),
  /** The container of the replicas. @example "system-db-backups" */
  container: name,
  /** The container of the lease. @example "failover" */
  leaseContainer: name,
  /** The lease's blob. @example "lease.json" */
  leaseBlob: name,
});

const hostDatabase = z.object({
  /** @example "mission-control" */
  name,
  tier: z.enum(["P0-critical", "P0-financial", "P1", "P2"]),
  /** Absolute path of the live file. On the standby it is absent; the copy is read at `<root>/following/<name>.db`. */
  path,
  syncSeconds: seconds,
  followedByStandby: z.boolean(),
});

/** A Litestream process: the databases of one tier. */
const replicationProcess = z.object({
  /** @example "p0-critical" */
  policy: name,
  /** @example "/Users/operator/system/etc/litestream-p0-critical.yml" */
  configuration: path,
  databases: z.array(hostDatabase).readonly(),
  /**
   * How far back its databases can be restored, in seconds. An earlier term's replicas stay at least as long after the term. Absent in the
   * settings of an older generator: they stay.
   *
   * @example 2592000
   */
  retentionSeconds: seconds.optional(),
  /**
   * Litestream's control socket, as its configuration names it (`socket: { enabled: true, path: … }`, mode 0600). The health agent asks
   * it when each database was last sent. At most 100 characters: a socket's path cannot be longer.
   *
   * @example "/Users/operator/system/state/litestream-p0-critical.sock"
   */
  controlSocket: path.optional(),
});

/** The DNS record that a failover switches. The API token is `CLOUDFLARE_API_TOKEN` of the secrets file. */
const failoverName = z.object({
  /** @example "primary.net.alai.no" */
  hostname: name,
  zoneId: name,
  recordId: name,
  /** Base of the API; changed only by tests and the drill. @default "https://api.cloudflare.com/client/v4" */
  api: z.url(),
  ttlSeconds: seconds,
});

/** Seconds between ticks, and until something counts as gone. The drill uses the same values as the hosts. */
const timing = z.object({
  /** How often the lease is read. @default 3 */
  leaseSeconds: seconds,
  /** After this long without a confirmed lease, replication stops until the term is confirmed. @default 20 */
  confirmationSeconds: seconds,
  /** A follower that has not moved for this long, while its replica has, is restored again. @default 60 */
  stalledSeconds: seconds,
});

const predecessor = z.object({
  /** @example "com.alai.litestream" */
  label: name,
  /** `replicate`: it sends this host's databases to the store. `follow`: it restores the other host's here. */
  does: z.enum(["replicate", "follow"]),
});

// What a newer generator says beyond this is passed over.
const settingsSchema = z.object({
  /** The host that reads this file. @example "forge" */
  host: name,
  /** Where everything lies. Absolute. @example "/Users/operator/system" */
  root: path,
  /** Prefix of every launchd label. @example "no.alai" */
  labelPrefix: name,
  /** Where launchd finds the agents. @example "/Users/operator/Library/LaunchAgents" */
  agentsDirectory: path,
  /** Both hosts of the pair, this one among them. */
  hosts: z.array(pairedHost).length(2, "expected both hosts of the pair").readonly(),
  store,
  /** One entry for each Litestream process: one for each tier, because retention is global in a process. */
  replication: z.array(replicationProcess).readonly(),
  /** launchd labels of programs that may only run on the primary. @example ["no.alai.orchestrator"] */
  primaryOnlyAgents: z.array(name).readonly(),
  health: z.object({ port: z.int().min(1).max(65_535) }),
  /** Where inference is served, and which models replace which ("ANVIL SPOF Elimination Plan" 4.2). */
  inference: z.object({
    everySeconds: seconds,
    timeoutSeconds: seconds,
    servers: z
      .array(z.object({ host: name, url: z.url(), healthPath: z.string().startsWith("/", "expected a path") }))
      .readonly(),
    /** The router's own file, in which our two blocks are kept. @example "/Users/operator/system/config/tier-routing.json" */
    routerFile: path.optional(),
    /** Where routers look for which servers are there, beside `state/inference-health.json`. @example "/tmp/ollama-health.json" */
    healthFile: path.optional(),
  }),
  failoverName,
  /** Absolute paths of the programs that agents start. */
  programs: z.object({ litestream: path, sqlite3: path, node: path, launchctl: path }),
  timing,
  /**
   * Days after which quarantined databases (`aside/`) are removed, when nothing of them is unsent (docs/decisions/0025). Absent in the
   * settings of an older generator: nothing is removed.
   */
  leftovers: z.object({ asideDays: z.number().min(1) }).optional(),
  /**
   * launchd agents that did on this host, before there was this program, what it does now. Absent in the settings of an older generator:
   * there are none.
   */
  predecessors: z.array(predecessor).readonly().optional(),
});

/**
 * What a host's generated settings file (`<root>/etc/host.json`) says. `HostReplication` writes it, the agents and the failover read
 * it. It holds no secret: those are in `<root>/etc/secrets.env`, mode 0600, which a bootstrap on the host writes.
 */
export type HostSettings = Readonly<z.output<typeof settingsSchema>>;
export type PairedHost = z.output<typeof pairedHost>;
export type StoreSettings = z.output<typeof store>;
export type ReplicationProcess = z.output<typeof replicationProcess>;
export type HostDatabase = z.output<typeof hostDatabase>;
export type FailoverNameSettings = z.output<typeof failoverName>;
export type Predecessor = z.output<typeof predecessor>;
export type TimingSettings = z.output<typeof timing>;

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
