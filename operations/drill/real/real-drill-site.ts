import { resolve4 } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { followedCopy } from "../../../components/host-runtime/agents/follow/copies";
import { DrillError } from "../../programs/drill-error";
import { runProgram } from "../../programs/run-program";
import type { DrillSite, UpResult } from "../drill-site";
import { type BackgroundProgram, startInBackground } from "../hosts/background-program";
import { observerSettings, programsDirectory, writeHostFile, writerSettings } from "../hosts/drill-agents";
import { type DrillHost, quoted } from "../hosts/drill-host";
import { databasesOf } from "../hosts/host-databases";
import { roleOf } from "../phases/role";
import type { Timeline } from "../timeline";

const repository = join(__dirname, "..", "..", "..");

export interface RealDrillSiteParts {
  readonly anvil: DrillHost;
  readonly forge: DrillHost;
  readonly timeline: Timeline;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly ask: (question: string) => Promise<boolean>;
}

/** What scenarios work with, of the real hosts. The drill writes a table of its own into the databases, and takes it away at the end. */
export function realDrillSite({ anvil, forge, timeline, seed, signal, ask }: RealDrillSiteParts): DrillSite {
  const writers = new Map<DrillHost, BackgroundProgram>();
  const observers: BackgroundProgram[] = [];
  const beforeInterruption = async (what: string): Promise<void> => {
    if (!(await ask(what))) throw new DrillError(`stopped before this, as you said: ${what}`);
  };
  const startWriters = async (host: DrillHost): Promise<void> => {
    const settings = `${host.recordDirectory}/writer.json`;
    const used = await databasesInUse(host);
    const options = { seed, lateFrom: Date.now(), isWritten: (path: string) => used.has(path) };
    await writeHostFile(host, settings, JSON.stringify(writerSettings(host, options)));
    writers.set(host, await startInBackground(host, "writer", [await placed(host, "writer.mjs"), settings]));
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
      const count = databasesOf(anvil.settings).length;
      await beforeInterruption(
        `write a table drill_rows into ${count} databases of ${anvil.name}, and remove it at the end`,
      );
      for (const host of [anvil, forge]) await host.shell(`rm -f ${quoted(host.recordDirectory)}/*.jsonl`);
      await startWriters(anvil);
      const databases = databasesOf(forge.settings)
        .filter(({ followedByStandby }) => followedByStandby)
        .map(({ name }) => ({ name, path: followedCopy(forge.settings.root, name) }));
      const settings = `${forge.recordDirectory}/observer.json`;
      await writeHostFile(forge, settings, JSON.stringify(observerSettings(forge, databases)));
      observers.push(await startInBackground(forge, "observer", [await placed(forge, "observer.mjs"), settings]));
    },
    copyPath: ({ name }) => followedCopy(forge.settings.root, name),
    lease: async () => {
      const roles = [await roleOf(anvil), await roleOf(forge)].flatMap((role) => role ?? []);
      const newest = roles.sort((one, other) => other.term - one.term)[0];
      if (newest?.path === undefined || newest.primary === undefined) return undefined;
      return { term: newest.term, path: newest.path, primary: newest.primary, takenAt: newest.since };
    },
    nameContent: async () => (await resolve4(forge.settings.failoverName.hostname).catch(() => []))[0],
    up,
    startWriters,
    stopWriters: async (host) => writers.get(host)?.stop(),
    beforeInterruption,
    stop: async () => {
      for (const program of [...writers.values(), ...observers]) await program.stop();
      await removeTables([anvil, forge]);
    },
  };
}

/** Those that hold something: a file that is empty, or not there, is for the program that it belongs to. */
async function databasesInUse(host: DrillHost): Promise<ReadonlySet<string>> {
  const looks = databasesOf(host.settings).map(({ path }) => `test -s ${quoted(path)} && echo ${quoted(path)}`);
  return new Set((await host.shell([...looks, "true"].join("\n"))).stdout.split("\n"));
}

/** Copies one of the drill's programs to a host. @returns its path there */
async function placed(host: DrillHost, name: string): Promise<string> {
  const path = `${host.recordDirectory}/${name}`;
  await writeHostFile(host, path, readFileSync(join(programsDirectory, name), "utf8"));
  return path;
}

/** On the primary only: its removal is replicated like everything else. */
async function removeTables(hosts: readonly DrillHost[]): Promise<void> {
  for (const host of hosts) {
    if ((await roleOf(host))?.role !== "primary") continue;
    const { sqlite3 } = host.settings.programs;
    const drops = databasesOf(host.settings).map(
      ({ path }) =>
        `test -s ${quoted(path)} && ${quoted(sqlite3)} -cmd '.timeout 10000' ${quoted(path)} 'DROP TABLE IF EXISTS drill_rows'`,
    );
    await host.shell([...drops, "true"].join("\n"), { timeoutSeconds: 300 });
  }
}

async function up(): Promise<UpResult> {
  const words = ["up", "--stack", "hosts", "--engine", "pulumi", "--yes", "--expect-no-changes"];
  const run = await runProgram(process.execPath, [join(repository, "cli", "run.mjs"), ...words], {
    directory: repository,
    timeoutSeconds: 900,
  });
  return { exitCode: run.exitCode, unchanged: run.exitCode === 0, said: `${run.stdout}${run.stderr}` };
}
