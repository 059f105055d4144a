import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { quoteForShell } from "../../../lib/shell-quote";
import { followedCopy } from "../../../programs/host/agents/follow/copies";
import { DrillError, executableOnPath, runProgram } from "../../programs/external-program";
import type { DrillSite, Impossible, UpResult } from "../drill-site";
import type { Timeline } from "../evidence/drill-evidence";
import {
  type BackgroundProgram,
  observerSettings,
  programsDirectory,
  startInBackground,
  writeHostFile,
  writerSettings,
} from "../hosts/drill-agents";
import type { DrillHost } from "../hosts/drill-host";
import { listDatabases } from "../hosts/host-databases";
import { findProcesses, listLoadedAgents } from "../phases/host-agents";
import { hasRole, readHealth, readRole } from "../phases/host-state";
import type { SshHost } from "./ssh-host";

const repository = join(__dirname, "..", "..", "..");

export interface RealDrillSiteParts {
  /** The stack that installs on them. */
  readonly stack: string;
  readonly anvil: SshHost;
  readonly forge: SshHost;
  readonly timeline: Timeline;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly ask: (question: string) => Promise<boolean>;
  /** Leaves what the drill recorded on the hosts. */
  readonly keep: boolean;
}

/** What scenarios work with, of the real hosts. The drill writes a table of its own into the databases, and takes it away at the end. */
export function makeRealDrillSite({
  stack,
  anvil,
  forge,
  timeline,
  seed,
  signal,
  ask,
  keep,
}: RealDrillSiteParts): DrillSite {
  const writers = new Map<DrillHost, BackgroundProgram>();
  let begun = false;
  const beforeInterruption = async (what: string): Promise<void> => {
    signal.throwIfAborted();
    if (!(await ask(what))) throw new DrillError(`stopped before this, as you said: ${what}`);
  };
  const startWriters = async (host: DrillHost): Promise<void> => {
    const settings = `${host.recordDirectory}/writer.json`;
    const used = await listDatabasesInUse(host);
    const options = { seed, lateFrom: Date.now(), isWritten: (path: string) => used.has(path) };
    await writeHostFile(host, settings, JSON.stringify({ ...writerSettings(host, options), endsAt: lastMoment() }));
    const writer = await startInBackground(host, "writer", [await copyProgram(host, "writer.mjs"), settings]);
    writers.set(host, writer);
    [anvil, forge].find((one) => one === host)?.endsWithHost(writer.pid);
  };
  return {
    kind: "real",
    anvil,
    forge,
    timeline,
    seed,
    signal,
    local: undefined,
    start: async () => {
      await refuseUnlessReady(anvil, forge);
      const count = listDatabases(anvil.settings).length;
      await beforeInterruption(
        `write a table drill_rows into ${count} databases of ${anvil.name}, and remove it at the end`,
      );
      begun = true;
      for (const host of [anvil, forge]) await removeTraces(host, false);
      await startWriters(anvil);
      const databases = listDatabases(forge.settings)
        .filter(({ followedByStandby }) => followedByStandby)
        .map(({ name }) => ({ name, path: followedCopy(forge.settings.root, name) }));
      const settings = `${forge.recordDirectory}/observer.json`;
      await writeHostFile(
        forge,
        settings,
        JSON.stringify({ ...observerSettings(forge, databases), endsAt: lastMoment() }),
      );
      await startInBackground(forge, "observer", [await copyProgram(forge, "observer.mjs"), settings]);
    },
    copyPath: ({ name }) => followedCopy(forge.settings.root, name),
    isObserved: ({ followedByStandby }) => followedByStandby,
    lease: async () => {
      const roles = [await readRole(anvil), await readRole(forge)].flatMap((role) => role ?? []);
      const newest = roles.sort((one, other) => other.term - one.term)[0];
      if (newest?.path === undefined || newest.primary === undefined) return undefined;
      return { term: newest.term, path: newest.path, primary: newest.primary, takenAt: newest.since };
    },
    nameContent: () => addressNow(forge.settings.failoverName.hostname),
    up: () => up(stack),
    startWriters,
    stopWriters: async (host) => writers.get(host)?.stop(),
    beforeInterruption,
    stop: async () => {
      if (!begun) return;
      const problems: string[] = [];
      for (const host of [anvil, forge]) problems.push(...(await removeTraces(host, keep)));
      for (const host of [anvil, forge]) if (host.isLost) await host.comeBack().catch(collectIn(problems));
      const left = await removeTables([anvil, forge]);
      if (left !== undefined) problems.push(left);
      if (await hasRole(forge, "primary", 0))
        problems.push(`${forge.name} is still primary: bin/failover --back gives ${anvil.name} its role again`);
      if (problems.length > 0) throw new DrillError(problems.join("\n"));
    },
  };
}

function collectIn(problems: string[]): (error: unknown) => void {
  return (error) => void problems.push(error instanceof Error ? error.message : String(error));
}

/** When the drill's programs on the hosts end by themselves, in case the drill is killed and cannot stop them. Milliseconds since 1970. */
function lastMoment(): number {
  return Date.now() + 2 * 3_600_000;
}

/** Ends the drill's programs on a host, also those that an earlier drill left there, and removes what they recorded. */
async function removeTraces(host: DrillHost, keep: boolean): Promise<readonly string[]> {
  const programs = await findProcesses(host, `${host.recordDirectory}/`);
  const script = [
    ...(programs.length === 0 ? [] : [`kill -9 ${programs.join(" ")}`]),
    keep ? "true" : `rm -rf ${quoteForShell(host.recordDirectory)}`,
  ];
  const { exitCode, stderr } = await host.shell(script.join("\n"));
  if (exitCode === 0) return [];
  return [`${host.name}: ${host.recordDirectory} is still there, and its programs may run: ${stderr.trim()}`];
}

/** Paths of the databases that hold something. The drill writes to no other: an empty or absent file is made by its own program. */
async function listDatabasesInUse(host: DrillHost): Promise<ReadonlySet<string>> {
  const tests = listDatabases(host.settings).map(
    ({ path }) => `test -s ${quoteForShell(path)} && echo ${quoteForShell(path)}`,
  );
  return new Set((await host.shell([...tests, "true"].join("\n"))).stdout.split("\n"));
}

/** Copies one of the drill's programs to a host. @returns its path there */
async function copyProgram(host: DrillHost, name: string): Promise<string> {
  const path = `${host.recordDirectory}/${name}`;
  await writeHostFile(host, path, readFileSync(join(programsDirectory, name), "utf8"));
  return path;
}

async function up(stack: string): Promise<UpResult | Impossible> {
  if (executableOnPath("pulumi") === undefined) return { why: "this machine has no pulumi on its PATH" };
  const args = ["up", "--stack", stack, "--engine", "pulumi", "--yes", "--expect-no-changes"];
  const run = await runProgram(process.execPath, [join(repository, "cli", "run.mjs"), ...args], {
    directory: repository,
    timeoutSeconds: 900,
  });
  return { exitCode: run.exitCode, unchanged: run.exitCode === 0, said: `${run.stdout}${run.stderr}` };
}

/** A handover may be under way when a drill is interrupted. */
const handoverSeconds = 60;

/**
 * Removes the drill's table from the databases of whichever host is primary: that is replicated like everything else.
 *
 * @param patienceSeconds until it is given up that a host is primary
 * @returns what could not be done, in words; undefined when it is gone
 */
export async function removeTables(
  hosts: readonly DrillHost[],
  patienceSeconds: number = handoverSeconds,
): Promise<string | undefined> {
  const primary = await findPrimary(hosts, patienceSeconds);
  if (primary === undefined) {
    return `no host is primary; once one is, remove the drill's table from its databases: DROP TABLE IF EXISTS drill_rows`;
  }
  const { sqlite3 } = primary.settings.programs;
  const drops = listDatabases(primary.settings).map(({ path }) => {
    const drop = `${quoteForShell(sqlite3)} -cmd '.timeout 10000' ${quoteForShell(path)} 'DROP TABLE IF EXISTS drill_rows'`;
    return `test ! -s ${quoteForShell(path)} || ${drop} 2>&1 || { echo ${quoteForShell(path)}; left=1; }`;
  });
  const script = ["left=0", ...drops, "exit $left"].join("\n");
  const { exitCode, stdout, stderr } = await primary.shell(script, { timeoutSeconds: 300 });
  return exitCode === 0
    ? undefined
    : `the table drill_rows is still in databases of ${primary.name}: ${`${stdout}${stderr}`.trim()}`;
}

async function findPrimary(hosts: readonly DrillHost[], patienceSeconds: number): Promise<DrillHost | undefined> {
  for (const deadline = Date.now() + patienceSeconds * 1000; ; await sleep(1000)) {
    const roles = await Promise.all(hosts.map(async (host) => ({ host, role: await readRole(host) })));
    // Who has not seen a newer term yet still says what it was.
    const newest = Math.max(...roles.map(({ role }) => role?.term ?? 0));
    const primary = roles.find(({ role }) => role?.role === "primary" && role.term === newest);
    if (primary !== undefined || Date.now() > deadline) return primary?.host;
  }
}

/** What two clocks may differ by: lags are measured in more. */
const clockSeconds = 0.5;

/**
 * Refuses a drill on hosts that are not as they should be: it would measure something else, or break what is left.
 *
 * @throws {DrillError} with everything that is wrong
 */
export async function refuseUnlessReady(anvil: DrillHost, forge: DrillHost): Promise<void> {
  const problems = [...(await findProblems(anvil, "primary")), ...(await findProblems(forge, "standby"))];
  if (problems.length === 0) return;
  throw new DrillError(["the hosts are not ready for a drill:", ...problems].join("\n  "));
}

async function findProblems(host: DrillHost, role: "primary" | "standby"): Promise<readonly string[]> {
  const [found, health, agents, clock] = await Promise.all([
    readRole(host),
    readHealth(host, 10_000),
    listLoadedAgents(host),
    clockProblem(host),
  ]);
  const silent = agents.filter(({ pid }) => pid === undefined).map(({ label }) => label);
  return [
    ...(found?.role === role
      ? []
      : [`${host.name} is ${found?.role ?? "in no role"}, and a drill begins with it as ${role}: bin/failover --back`]),
    ...(health === 200
      ? []
      : [`${host.name}'s health endpoint says ${health ?? "nothing"} to this machine, by which a loss is noticed`]),
    ...clock,
    ...(agents.length === 0
      ? [
          `${host.name} has no agent loaded: is the user logged in? Then there: sh ${host.settings.root}/incoming/*/install.sh`,
        ]
      : []),
    ...(silent.length === 0 ? [] : [`${host.name}: these agents do not run: ${silent.join(", ")}`]),
  ];
}

/** Times that hosts and this machine wrote are compared with each other. */
async function clockProblem(host: DrillHost): Promise<readonly string[]> {
  const before = Date.now();
  const { stdout } = await host.shell(`${quoteForShell(host.settings.programs.node)} -p 'Date.now()'`);
  const [theirs, after] = [Number(stdout.trim()), Date.now()];
  if (stdout.trim() === "" || Number.isNaN(theirs)) return [`${host.name} cannot run ${host.settings.programs.node}`];
  const apart = Math.max(before - theirs, theirs - after, 0) / 1000;
  if (apart <= clockSeconds) return [];
  return [`${host.name}'s clock and this machine's are ${apart.toFixed(1)} s apart: sudo sntp -sS time.apple.com`];
}

interface NameLookup {
  /** Where name servers are asked for. Default: where this machine asks. */
  readonly resolver?: Resolver;
  /** The port of the zone's own servers. @default 53 */
  readonly port?: number;
}

const patience = { timeout: 2_000, tries: 2 };

/**
 * The address that a name leads to now, asked of the servers of its zone: any other would answer from its cache for as long as the
 * record may be kept, and a failover is measured in less. Where none of them can be asked, this machine's answers.
 *
 * @returns undefined when the name leads nowhere, or nobody answers
 */
export async function addressNow(hostname: string, lookup: NameLookup = {}): Promise<string | undefined> {
  const { resolver = new Resolver(patience), port = 53 } = lookup;
  const servers = await zoneServers(hostname, resolver);
  if (servers.length === 0) return addressFrom(resolver, hostname);
  const zone = new Resolver(patience);
  zone.setServers(servers.map((address) => `${address}:${port}`));
  return (await addressFrom(zone, hostname)) ?? addressFrom(resolver, hostname);
}

/** Addresses of the servers of the zone that a name is in: the longest of its ends that has any. */
async function zoneServers(hostname: string, resolver: Resolver): Promise<readonly string[]> {
  const labels = hostname.split(".");
  for (let dropped = 0; dropped < labels.length - 1; dropped += 1) {
    const names = await resolver.resolveNs(labels.slice(dropped).join(".")).catch(() => []);
    if (names.length === 0) continue;
    return (await Promise.all(names.map((name) => resolver.resolve4(name).catch(() => [])))).flat();
  }
  return [];
}

async function addressFrom(resolver: Resolver, hostname: string): Promise<string | undefined> {
  const [address] = await resolver.resolve4(hostname).catch(() => []);
  return address;
}
