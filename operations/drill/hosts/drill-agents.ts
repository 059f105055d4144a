import { join } from "node:path";
import type { HostDatabase } from "../../../programs/host/host-settings";
import { databaseShape } from "./database-shapes";
import { type DrillHost, quoted } from "./drill-host";
import { databasesOf } from "./host-databases";

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
  const databases = databasesOf(host.settings).flatMap(({ name, path }) => {
    const { everySeconds, atStart } = databaseShape(name);
    if (everySeconds === undefined || !isWritten(path)) return [];
    return [{ name, path, everySeconds, ...(atStart === "filled" ? {} : { notBefore: lateFrom }) }];
  });
  return { sqlite3: host.settings.programs.sqlite3, host: host.name, seed, ledger: ledgerPath(host), databases };
}

/** Writes the settings and the property list of the programs that only the primary runs: the drill's writers stand in for them. */
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
  await host.shell(`mkdir -p ${quoted(directory)} && cat > ${quoted(path)}`, { input: content });
}
