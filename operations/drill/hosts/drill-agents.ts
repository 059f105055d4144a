import { join } from "node:path";
import { quoteForShell } from "../../../lib/shell-quote";
import type { HostDatabase } from "../../../programs/host/host-settings";
import { DrillError } from "../../programs/external-program";
import { databaseShape } from "./database-shapes";
import type { DrillHost } from "./drill-host";
import { listDatabases } from "./host-databases";

/** Where the programs lie that a drill runs on hosts. */
export const programsDirectory = join(__dirname, "..", "programs");

/** Where a host's writers record what they committed. */
export function ledgerPath(host: DrillHost): string {
  return `${host.recordDirectory}/committed.jsonl`;
}

/** Where what was seen of a host's copies is recorded. */
export function observationsPath(host: DrillHost): string {
  return `${host.recordDirectory}/observed.jsonl`;
}

export interface WriterOptions {
  readonly seed: number;
  /** When what is absent at first is written for the first time. Milliseconds since 1970. */
  readonly lateFrom: number;
  /** Which databases are written. @default all */
  readonly isWritten?: (path: string) => boolean;
}

/** The settings of the writers of one host, as `writer.mjs` reads them. */
export function writerSettings(host: DrillHost, { seed, lateFrom, isWritten = () => true }: WriterOptions): object {
  const databases = listDatabases(host.settings).flatMap(({ name, path }) => {
    const { everySeconds, atStart } = databaseShape(name);
    if (everySeconds === undefined || !isWritten(path)) return [];
    return [{ name, path, everySeconds, ...(atStart === "filled" ? {} : { notBefore: lateFrom }) }];
  });
  return { sqlite3: host.settings.programs.sqlite3, host: host.name, seed, ledger: ledgerPath(host), databases };
}

/** Writes the settings and the property list of the programs that only the primary runs: the drill's writers take their place. */
export async function installWriters(host: DrillHost, options: WriterOptions): Promise<void> {
  const settings = `${host.recordDirectory}/writer.json`;
  await writeHostFile(host, settings, `${JSON.stringify(writerSettings(host, options))}\n`);
  const program = `${programsDirectory}/writer.mjs`;
  const [label, ...others] = host.settings.primaryOnlyAgents;
  if (label === undefined) return;
  const lists = [[label, program, settings] as const, ...others.map((other) => [other, undefined, settings] as const)];
  const { build } = await import("plist");
  for (const [name, main, file] of lists) {
    const list = build({
      Label: name,
      ProgramArguments: main === undefined ? ["/bin/sleep", "86400"] : [host.settings.programs.node, main, file],
      RunAtLoad: true,
      KeepAlive: true,
      ThrottleInterval: 1,
      StandardErrorPath: `${host.recordDirectory}/${name}.log`,
    });
    await writeHostFile(host, `${host.settings.agentsDirectory}/${name}.plist`, list);
  }
}

/** What `observer.mjs` reads: followed databases where the host has them, others where the drill follows them itself. */
export function observerSettings(host: DrillHost, databases: readonly Pick<HostDatabase, "name" | "path">[]): object {
  return {
    sqlite3: host.settings.programs.sqlite3,
    observations: observationsPath(host),
    everySeconds: 0.25,
    databases: databases.map(({ name, path }) => ({ name, path })),
  };
}

export async function writeHostFile(host: DrillHost, path: string, content: string): Promise<void> {
  const directory = path.slice(0, path.lastIndexOf("/"));
  await host.shell(`mkdir -p ${quoteForShell(directory)} && cat > ${quoteForShell(path)}`, { input: content });
}

/** A program of the drill's own that runs on a host for a while, and is no agent. */
export interface BackgroundProgram {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a Node.js program on a host. Its output goes to a log in the record directory. */
export function startInBackground(host: DrillHost, name: string, args: readonly string[]): Promise<BackgroundProgram> {
  const command = [host.settings.programs.node, ...args].map(quoteForShell).join(" ");
  return start(host, command, `${host.recordDirectory}/${name}.log`, args.join(" "));
}

/** Starts a shell script on a host that goes on until it is stopped. */
export function startShellInBackground(host: DrillHost, script: string): Promise<BackgroundProgram> {
  return start(host, `/bin/sh -c ${quoteForShell(script)}`, "/dev/null", script);
}

/** @param named what its command line has in it, and no other program's */
async function start(host: DrillHost, command: string, log: string, named: string): Promise<BackgroundProgram> {
  // Without a terminal nothing is hung up on; and macOS's nohup may refuse where there is no console to detach from.
  const script = `${command} > ${quoteForShell(log)} 2>&1 < /dev/null & echo $!`;
  const { exitCode, stdout, stderr } = await host.shell(script);
  const pid = Number(stdout.trim());
  if (exitCode !== 0 || !Number.isInteger(pid) || pid <= 1)
    throw new DrillError(`${host.name}: this cannot be started: ${command}: ${stderr.trim()}`);
  return {
    pid,
    stop: async () => {
      // It may have ended long ago, and its number be somebody else's.
      await host.shell(`case "$(ps -ww -o args= -p ${pid})" in *${quoteForShell(named)}*) kill -9 ${pid} ;; esac`);
    },
  };
}
