import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../../../../lib/atomic-file";
import type { HostSettings, Predecessor } from "../../host-settings";
import type { LeaseRead, RoleFile } from "../../lease/lease";
import { hasOwn, moveToQuarantine } from "../database-files";
import { isSurelyLoaded, propertyListOf, startAgent, stopAgent } from "../launchd-control";
import { databasesOf } from "../litestream";
import { forgetPath } from "../replicate/replica-path";
import { readState, stateFile, writeState } from "../state-file";
import type { Self } from "./decision";

const wishSchema = z.object({ wanted: z.enum(["replaced", "running"]), at: z.string() });

/** What a person wants of the predecessors: `<root>/state/predecessors.json`. Nobody said anything: they go on. */
type PredecessorWish = z.output<typeof wishSchema>;

export function readWish(root: string): PredecessorWish | undefined {
  return wishSchema.safeParse(readState(wishFile(root))).data;
}

export function writeWish(root: string, wanted: PredecessorWish["wanted"]): void {
  writeState(wishFile(root), { wanted, at: new Date().toISOString() });
}

function wishFile(root: string): string {
  return stateFile(root, "predecessors.json");
}

/** Where a predecessor's property list is kept while ours replicate. Nothing ever deletes it. */
export function keptList({ root }: HostSettings, label: string): string {
  return join(root, "replaced", `${label}.plist`);
}

interface LeaseView {
  /** As it was before this tick. */
  readonly role: RoleFile;
  readonly read: LeaseRead;
  readonly self: Self;
  /** Whether a Litestream of ours runs, or might start. */
  readonly replicating: boolean;
}

/**
 * Lets either the predecessors or ours replicate, never both and, but for the seconds of a change, never none: ours take part only while
 * this host has a role, and the lease agent gives it none as long as this says why not. Each step can be interrupted, by a restart of
 * the machine too: what ran before it runs after it, or the next tick goes on.
 *
 * @returns why the host takes no role; undefined when no predecessor is in the way
 */
export async function reconcilePredecessors(settings: HostSettings, view: LeaseView): Promise<string | undefined> {
  const { predecessors = [], root } = settings;
  if (predecessors.length === 0) return undefined;
  const { read, role, self } = view;
  const wanted = readWish(root)?.wanted;
  // What the store said last counts while it is silent.
  const primary = read.kind === "found" ? read.lease.primary : role.primary;
  const isReversed = isAfterFailover(primary, self);
  try {
    // For good: who comes back from a failover has newer databases to take over, or writes to be set aside, before anything else.
    if (isReversed && wanted === "running") writeWish(root, "replaced");
    else if (wanted === "running" && (role.role === "undecided" || role.role === self.intendedRole))
      return await bringBack(settings, predecessors, view);
    if (role.role !== "undecided") return undefined;
    return await letGo(settings, predecessors, view, wanted === "replaced" || isReversed);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether a host is not what it is meant to be. Each predecessor knows one direction only, and has no place in the other. */
export function isAfterFailover(primary: string | undefined, { host, intendedRole }: Self): boolean {
  return primary !== undefined && (primary === host) !== (intendedRole === "primary");
}

async function letGo(
  settings: HostSettings,
  predecessors: readonly Predecessor[],
  { read, self }: LeaseView,
  isWanted: boolean,
): Promise<string | undefined> {
  const isReady = read.kind === "found" || (read.kind === "missing" && self.intendedRole === "primary");
  for (const predecessor of predecessors) {
    const { label } = predecessor;
    const list = propertyListOf(settings, label);
    const isLoaded = await isSurelyLoaded(settings, label);
    if (!existsSync(list) && !isLoaded) continue;
    if (!isWanted) {
      const now = isLoaded
        ? `${label} ${doing(predecessor)} as before`
        : `nobody ${doing(predecessor)}: ${label} is not loaded, and launchd loads it at the next login`;
      return `${now}; bin/failover replace-predecessors lets ours take over`;
    }
    if (!isReady) return `${label} ${doing(predecessor)} until the lease is there to be read, which is ${read.kind}`;
    // First the list, then the process: whatever comes between the two, a restart too, one of them runs.
    if (existsSync(list)) keepList(list, keptList(settings, label));
    const problem = await stopAgent(settings, label);
    if (problem !== undefined) return problem;
    if (predecessor.does === "follow") keepItsCopies(settings);
  }
  return undefined;
}

function keepList(list: string, kept: string): void {
  mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
  renameSync(list, kept);
}

/** What it restored is nobody's only copy: ours follow into another directory. */
function keepItsCopies(settings: HostSettings): void {
  const directory = join(
    settings.root,
    "replaced",
    `copies-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}Z`,
  );
  for (const { database } of databasesOf(settings)) if (hasOwn(database)) moveToQuarantine(database, directory);
}

async function bringBack(
  settings: HostSettings,
  predecessors: readonly Predecessor[],
  { role, replicating }: LeaseView,
): Promise<string> {
  const names = predecessors.map(({ label }) => label).join(", ");
  if (role.role !== "undecided" || replicating) return `ours stop, so that ${names} can go on`;
  for (const { label, does } of predecessors) {
    const list = propertyListOf(settings, label);
    const isLoaded = await isSurelyLoaded(settings, label);
    if (isLoaded && existsSync(list)) continue;
    // Ours and theirs keep what they captured in one place, with numbers that mean something else.
    if (does === "replicate" && !isLoaded)
      for (const process of settings.replication) forgetPath(settings.root, process);
    restoreList(keptList(settings, label), list);
    const problem = await startAgent(settings, label);
    if (problem !== undefined) return problem;
  }
  return `${names} ${doing(predecessors[0])} again, as was asked; bin/failover replace-predecessors lets ours take over`;
}

function restoreList(kept: string, list: string): void {
  if (!existsSync(list) && existsSync(kept)) writeAtomically(list, readFileSync(kept), { mode: 0o600 });
}

function doing(predecessor: Predecessor | undefined): string {
  return predecessor?.does === "follow" ? "restores" : "replicates";
}
