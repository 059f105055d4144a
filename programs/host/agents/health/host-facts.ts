import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { type FollowersFile, followersSchema } from "../../followers-file";
import type { HostSettings } from "../../host-settings";
import { readPromotion } from "../follow/promotion-file";
import { listAgents, serviceTarget } from "../launchd-control";
import { readReplication } from "../replicate/replication-file";
import { readState, stateFile } from "../state-file";
import { asideFolders, type QuarantineFolder } from "../tidy/aside-folders";
import { readTidy } from "../tidy/tidy-file";
import { type DatabaseStatus, hostStatusSchema, parseRole } from "./host-status";
import type { HostFacts } from "./judge-health";
import { ReplicationLag } from "./replication-lag";

/** launchd is asked this often: each time is a process. */
const agentsEverySeconds = 5;
/** What is set aside is looked through this often: it may be hundreds of files. */
const asideEverySeconds = 15;

/** Collects what a host's files and programs say. Keeps what only shows over time. */
export class HostFactsReader {
  private readonly lag = new ReplicationLag();
  private agents: { readonly at: number; readonly found: LoadedAgents | undefined } | undefined;
  private aside: { readonly at: number; readonly found: readonly QuarantineFolder[] } | undefined;

  constructor(private readonly settings: HostSettings) {}

  async read(now = new Date()): Promise<HostFacts> {
    const { settings } = this;
    const role = parseRole(readState(stateFile(settings.root, "role.json")));
    const followers = role?.role === "primary" ? undefined : followersOf(settings);
    const [databases, agents, disk] = await Promise.all([
      role?.role === "primary"
        ? this.replicatedDatabases(now)
        : Promise.resolve(followedDatabases(settings, followers, role, now)),
      this.loadedAgents(now),
      diskOf(settings.root),
    ]);
    const waiting = this.asideFolders(now).filter(({ unsent }) => unsent !== "none");
    return {
      host: settings.host,
      ts: now.toISOString(),
      role,
      databases,
      said: said(settings, followers, role),
      agents: agents && [...agents.own],
      beside: role?.role === "primary" || role?.role === "standby" ? (agents?.predecessors ?? []) : [],
      disk,
      inference: inference(settings),
      promotion: promotionOf(settings.root),
      aside: waiting.map(({ name }) => name),
      asideSize: sizeOf(waiting),
      unclaimed: unclaimedReplicas(settings.root, role?.role === "primary" ? role.term : undefined),
    };
  }

  private async replicatedDatabases(now: Date): Promise<DatabaseStatus[]> {
    const processes = this.settings.replication.map((process) => this.lag.of(process, now.getTime()));
    return (await Promise.all(processes)).flat();
  }

  private async loadedAgents(now: Date): Promise<LoadedAgents | undefined> {
    if (this.agents === undefined || now.getTime() - this.agents.at > agentsEverySeconds * 1000) {
      this.agents = { at: now.getTime(), found: await loadedAgents(this.settings) };
    }
    return this.agents.found;
  }

  private asideFolders(now: Date): readonly QuarantineFolder[] {
    if (this.aside === undefined || now.getTime() - this.aside.at > asideEverySeconds * 1000) {
      this.aside = { at: now.getTime(), found: asideFolders(this.settings.root) };
    }
    return this.aside.found;
  }
}

/** What the follow agent said last. */
function followersOf({ root }: HostSettings): FollowersFile | undefined {
  return followersSchema.safeParse(readState(stateFile(root, "followers.json"))).data;
}

/**
 * The standby's copies. The file's age is added to the lag. A file of an earlier term is ignored: its transactions have other numbers.
 */
function followedDatabases(
  { replication }: HostSettings,
  last: FollowersFile | undefined,
  role: HostFacts["role"],
  now: Date,
): DatabaseStatus[] {
  const followers = last?.term === role?.term ? last : undefined;
  const age = followers === undefined ? 0 : Math.max(0, (now.getTime() - Date.parse(followers.at)) / 1000);
  return replication.flatMap(({ databases }) =>
    databases.map(({ name, tier, followedByStandby }): DatabaseStatus => {
      if (!followedByStandby) return { name, tier, state: "idle" };
      const follower = followers?.databases[name];
      if (follower === undefined) return { name, tier, state: "unknown" };
      const { state, txid, lagSeconds } = follower;
      return { name, tier, state, txid, lagSeconds: lagSeconds === undefined ? undefined : lagSeconds + age };
    }),
  );
}

/** What the agents of the role say is wrong, each thing once. */
function said(
  { root, replication }: HostSettings,
  followers: FollowersFile | undefined,
  role: HostFacts["role"],
): readonly string[] {
  const problems =
    role?.role === "primary"
      ? replication.map(({ policy }) => readReplication(root, policy)?.problem)
      : [followers?.problem];
  return [...new Set(problems.flatMap((problem) => problem ?? []))];
}

function inference({ root }: HostSettings): HostFacts["inference"] {
  const routing = readState(stateFile(root, "inference-routing.json"));
  const servers = readState(stateFile(root, "inference-health.json"));
  return hostStatusSchema.shape.inference.safeParse({ ...routing, servers }).data;
}

function promotionOf(root: string): HostFacts["promotion"] {
  const promotion = readPromotion(root);
  if (promotion === undefined) return undefined;
  const databases = Object.entries(promotion.databases);
  return {
    term: promotion.term,
    notRecovered: databases.filter(([, { from }]) => from === "failed").map(([name]) => name),
    incomplete: databases.filter(([, { from, lost = 0 }]) => from !== "failed" && lost > 0).map(([name]) => name),
  };
}

/** Copies and databases may have a disk of their own. */
async function diskOf(root: string): Promise<HostFacts["disk"]> {
  const places = [root, join(root, "databases"), join(root, "following")].filter((path) => existsSync(path));
  const found = await Promise.all(places.map(spaceAt));
  return found.flatMap((disk) => disk ?? []).toSorted((left, right) => freeShare(left) - freeShare(right))[0];
}

type Disk = NonNullable<HostFacts["disk"]>;

async function spaceAt(path: string): Promise<Disk | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { path, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return undefined;
  }
}

function freeShare({ freeBytes, totalBytes }: Disk): number {
  return totalBytes === 0 ? 1 : freeBytes / totalBytes;
}

function sizeOf(folders: readonly QuarantineFolder[]): HostFacts["asideSize"] {
  const since = folders.map((folder) => folder.since).sort()[0];
  return since === undefined ? undefined : { since, bytes: folders.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Of the term that the host serves in: an earlier one's primary may have found others. */
function unclaimedReplicas(root: string, term: number | undefined): string[] {
  const unclaimed = readTidy(root)?.unclaimed;
  if (term === undefined || unclaimed?.term !== term) return [];
  return unclaimed.replicas.map(({ path, database }) => `${path}/${database}`);
}

interface LoadedAgents {
  readonly own: readonly { readonly label: string; readonly running: boolean }[];
  /** Those that launchd has, as it names them. */
  readonly predecessors: readonly string[];
}

/**
 * Which of the host's agents run, by launchd; undefined when launchd does not answer. Ours are in the domain that this agent is in, which
 * `launchctl list` shows; what ran before may be in another one.
 */
async function loadedAgents(settings: HostSettings): Promise<LoadedAgents | undefined> {
  try {
    const listing = await listAgents(settings);
    const targets = (settings.predecessors ?? []).map(({ label }) => serviceTarget(settings, label));
    const predecessors = (await Promise.all(targets)).flatMap((target) => target ?? []);
    return { own: agentsIn(listing, settings), predecessors };
  } catch {
    return undefined;
  }
}

/** The labels of our agents, those of programs that only the primary runs last. */
export function expectedLabels({ labelPrefix, replication, primaryOnlyAgents }: HostSettings): readonly string[] {
  const own = [
    "lease",
    ...replication.map(({ policy }) => `replicate-${policy}`),
    "follow",
    "health",
    "inference",
    "rotate-logs",
    "tidy",
  ];
  return [...own.map((name) => `${labelPrefix}.${name}`), ...primaryOnlyAgents];
}

/** Of what {@link listAgents} gives, ours. */
function agentsIn(listing: string, settings: HostSettings): LoadedAgents["own"] {
  const processes = new Map(
    listing.split("\n").map((line) => {
      const [pid = "-", , label = ""] = line.split("\t");
      return [label.trim(), pid] as const;
    }),
  );
  const isRunning = (label: string): boolean => /^\d+$/.test(processes.get(label) ?? "");
  return expectedLabels(settings).map((label) => ({ label, running: isRunning(label) }));
}
