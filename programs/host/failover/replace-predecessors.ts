import { existsSync } from "node:fs";
import { pause } from "../../../lib/retry";
import { lives } from "../agents/child";
import { isLoaded, isSurelyLoaded, propertyListOf } from "../agents/launchd-control";
import { isAfterFailover, keptList, readWish, writeWish } from "../agents/lease/predecessors";
import { readReplication } from "../agents/replicate/replication-file";
import { readState, stateFile } from "../agents/state-file";
import { StoreConnection } from "../agents/store-connection";
import { followersSchema } from "../followers-file";
import { HostError, type HostExitCode, hostExitCodes } from "../host-exit-codes";
import { type HostSettings, type Predecessor, readSettings } from "../host-settings";
import type { RoleFile } from "../lease/lease";
import { readRole } from "../lease/role-file";
import { confirmByTyping } from "./typed-confirmation";

/** The options of `replace-predecessors`. */
export interface ReplaceArguments {
  readonly back: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly settings: string;
}

/**
 * `host.mjs replace-predecessors`: writes down what a person wants of the agents from before, and waits until the lease agent has done it.
 * When ours do not come to it in time, those from before run again.
 */
export async function replacePredecessors(args: ReplaceArguments, signal: AbortSignal): Promise<HostExitCode> {
  const settings = readSettings(args.settings);
  const found = await Promise.all((settings.predecessors ?? []).map((predecessor) => look(settings, predecessor)));
  const nothing = nothingToDo(settings, found, args.back);
  if (nothing !== undefined) {
    say(`${settings.host}: nothing to do: ${nothing}`);
    return hostExitCodes.done;
  }
  for (const line of planOf(settings, found, args.back)) say(`will: ${line}`);
  const refusals = await (args.back ? refusalsOfReturn(settings, found) : refusalsOfReplacing(settings, found));
  if (refusals.length > 0) throw new HostError(hostExitCodes.refused, refusals.join("\n       "));
  if (args.dryRun) return hostExitCodes.done;
  const question = args.back ? "Go back to what ran before?" : "Let ours take over?";
  if (!args.yes && !(await confirmByTyping(question, settings.host))) return hostExitCodes.cancelled;
  return carryOut(settings, args, signal);
}

async function carryOut(
  settings: HostSettings,
  { back, timeout }: ReplaceArguments,
  signal: AbortSignal,
): Promise<HostExitCode> {
  writeWish(settings.root, back ? "running" : "replaced");
  const isReached = () => (back ? allRun(settings) : Promise.resolve(isServing(settings)));
  if (await until(isReached, timeout, signal)) {
    say(back ? `${settings.host}: done` : `${settings.host}: done; what is kept lies in ${settings.root}/replaced`);
    return hostExitCodes.done;
  }
  if (signal.aborted) {
    say("not waited for; the agents go on. The same command waits again, --back goes back");
    return hostExitCodes.cancelled;
  }
  const why = problemsOf(settings).join("; ") || "no agent says why";
  if (back) throw new HostError(hostExitCodes.timeout, `not back after ${timeout} s, and still tried: ${why}`);
  writeWish(settings.root, "running");
  const isBack = await until(() => allRun(settings), timeout, signal);
  const now = isBack
    ? "what ran before runs again"
    : "and what ran before does not run yet; the lease agent goes on trying";
  throw new HostError(hostExitCodes.timeout, `ours did not come to it within ${timeout} s (${why}); ${now}`);
}

function nothingToDo(settings: HostSettings, found: readonly Found[], back: boolean): string | undefined {
  const wanted = readWish(settings.root)?.wanted;
  const labels = found.map(({ label }) => label).join(", ");
  if (found.length === 0) return "hosts.yaml names nothing that ran here before";
  if (back)
    return wanted === "running" && found.every(({ runs, isListed }) => runs && isListed) ? `${labels} runs` : undefined;
  if (wanted === "running" || found.some(({ runs, isListed }) => runs || isListed)) return undefined;
  return wanted === undefined || isServing(settings) ? `${labels} does not run here` : undefined;
}

interface Found extends Predecessor {
  readonly runs: boolean;
  /** Whether launchd would load it at the next login. */
  readonly isListed: boolean;
  readonly isKept: boolean;
}

async function look(settings: HostSettings, predecessor: Predecessor): Promise<Found> {
  return {
    ...predecessor,
    runs: await isSurelyLoaded(settings, predecessor.label),
    isListed: existsSync(propertyListOf(settings, predecessor.label)),
    isKept: existsSync(keptList(settings, predecessor.label)),
  };
}

function planOf(settings: HostSettings, found: readonly Found[], back: boolean): readonly string[] {
  const ours = settings.replication.length === 1 ? "our Litestream" : `our ${settings.replication.length} Litestreams`;
  return found.flatMap(({ label, does, runs, isListed }) => {
    const list = propertyListOf(settings, label);
    const kept = keptList(settings, label);
    if (back)
      return [
        `${does === "follow" ? "our followers" : ours} end`,
        `${kept} goes back to ${list}`,
        `${label} is loaded`,
      ];
    return [
      ...(isListed ? [`${list} is kept as ${kept}`] : []),
      ...(runs ? [`${label} is disabled and ends`] : []),
      ...(does === "follow"
        ? [`what it restored is kept in ${settings.root}/replaced; our followers begin`]
        : [`${ours} begin a path of their own; what ${label} sent stays in the store as it is`]),
    ];
  });
}

async function refusalsOfReplacing(settings: HostSettings, found: readonly Found[]): Promise<readonly string[]> {
  const agents = ["lease", ...settings.replication.map(({ policy }) => `replicate-${policy}`), "follow"];
  const { role } = readRole(settings.root);
  // The lease agent ends none that somebody loaded beside ours: it could not tell what the two have done to each other.
  const beside = role === "undecided" ? [] : found.filter(({ runs, isListed }) => runs || isListed);
  return [
    ...beside.map(({ label, runs, isListed }) => {
      const steps = [
        ...(runs ? [`launchctl bootout gui/$(id -u)/${label}`] : []),
        ...(isListed ? [`mv '${propertyListOf(settings, label)}' '${settings.root}/'`] : []),
      ];
      return `ours serve already, as ${role}, and ${label} ${runs ? "runs beside them" : "would be loaded beside them at the next login"}: ${steps.join("; ")}`;
    }),
    ...(await notLoaded(settings, agents)),
    ...(await storeRefusals(settings)),
  ];
}

/** Of the agents of ours that have to do something. */
async function notLoaded(settings: HostSettings, agents: readonly string[]): Promise<readonly string[]> {
  const labels = agents.map((agent) => `${settings.labelPrefix}.${agent}`);
  const loaded = await Promise.all(labels.map((label) => isSurelyLoaded(settings, label)));
  const missing = labels.filter((_, index) => !loaded[index]);
  return missing.map((label) => `${label} is not loaded: npm run up -- --stack hosts`);
}

async function storeRefusals(settings: HostSettings): Promise<readonly string[]> {
  const store = await new StoreConnection(settings).open();
  const access = await store.access();
  if (access.kind !== "granted")
    return [`the store does not let this host in (${access.why}): bin/bootstrap-secrets --check`];
  const { kind } = await store.lease.read();
  if (kind === "found" || (kind === "missing" && isIntendedPrimary(settings))) return [];
  if (kind === "missing") return ["there is no lease yet: first bin/failover replace-predecessors on the primary"];
  return [`the lease is ${kind}: docs/failover.md`];
}

async function refusalsOfReturn(settings: HostSettings, found: readonly Found[]): Promise<readonly string[]> {
  const { role, primary } = readRole(settings.root);
  const intended = isIntendedPrimary(settings) ? "primary" : "standby";
  const isReversed = isAfterFailover(primary, { host: settings.host, intendedRole: intended });
  return [
    ...(await notLoaded(settings, ["lease"])),
    ...found
      .filter(({ isKept, isListed }) => !isKept && !isListed)
      .map(({ label }) => `${label} has no property list, neither at its place nor in ${settings.root}/replaced`),
    ...(!isReversed && (role === intended || role === "undecided")
      ? []
      : [`this host is ${role} and meant to be ${intended}: first bin/failover --back`]),
  ];
}

function isIntendedPrimary({ hosts, host }: HostSettings): boolean {
  return hosts.find(({ name }) => name === host)?.intendedRole === "primary";
}

/** Whether ours do what they are for. */
function isServing(settings: HostSettings): boolean {
  const role = readRole(settings.root);
  if (role.role === "primary") return settings.replication.every(({ policy }) => reaches(settings, policy, role));
  if (role.role !== "standby") return false;
  const followers = followersSchema.safeParse(readState(stateFile(settings.root, "followers.json"))).data;
  return followers?.term === role.term;
}

function reaches({ root }: HostSettings, policy: string, { term }: RoleFile): boolean {
  const state = readReplication(root, policy);
  return state?.term === term && state.litestream !== undefined && lives(state.litestream) && state.reaches === true;
}

async function allRun(settings: HostSettings): Promise<boolean> {
  const labels = (settings.predecessors ?? []).map(({ label }) => label);
  if (!labels.every((label) => existsSync(propertyListOf(settings, label)))) return false;
  return (await Promise.all(labels.map((label) => isLoaded(settings, label)))).every(Boolean);
}

function problemsOf(settings: HostSettings): readonly string[] {
  const said = settings.replication.map(({ policy }) => readReplication(settings.root, policy)?.problem);
  return [...new Set([readRole(settings.root).problem, ...said].flatMap((problem) => problem ?? []))];
}

async function until(isReached: () => Promise<boolean>, seconds: number, signal: AbortSignal): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    if (await isReached()) return true;
    if (signal.aborted || Date.now() >= end) return false;
    await pause(250, signal);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
