import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { HostDatabase, HostSettings, ReplicationProcess } from "../../host-settings";
import type { Secrets } from "../../secrets/secrets-file";
import { Child, endLeftover } from "../child";
import { followArguments, litestreamEnvironment } from "../litestream";
import { stateFile } from "../state-file";
import type { Copy } from "./copies";

/** A running `litestream restore -f`: it keeps the credentials it was started with, and writes a copy of its own. */
export interface FollowProcess {
  readonly child: Child;
  readonly copy: Copy;
  readonly secrets: Secrets;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

interface FollowProcessOptions {
  readonly settings: HostSettings;
  readonly policy: ReplicationProcess;
  readonly database: HostDatabase;
  readonly copy: Copy;
  readonly path: string;
  readonly secrets: Secrets;
  /** A line of its log that is out of the ordinary, or `isApplied`. */
  readonly onLine: (line: string) => void;
}

export function startFollowProcess(options: FollowProcessOptions): FollowProcess {
  const { settings, policy, database, copy, path, secrets, onLine } = options;
  const child = new Child({
    program: settings.programs.litestream,
    args: followArguments(policy, database, copy.file),
    environment: litestreamEnvironment(secrets, path),
    // One for each copy: for a time two processes follow the same database.
    idFile: stateFile(settings.root, `pids/follow-${database.name}.${copy.number}.pid`),
    onLine: (line) => {
      if (!isInformation(line) || isApplied(line)) onLine(line);
    },
  });
  return { child, copy, secrets, startedAt: Date.now() };
}

/** What an agent that was killed has left of this database's followers. */
export function endLeftovers({ root, programs }: HostSettings, database: string): void {
  const directory = stateFile(root, "pids");
  const files = existsSync(directory) ? readdirSync(directory) : [];
  for (const file of files.filter((name) => name.startsWith(`follow-${database}.`))) {
    endLeftover(join(directory, file), programs.litestream);
  }
}

/** Litestream tells of what it applies. */
export function isApplied(line: string): boolean {
  return isInformation(line) && line.includes("follow: applied updates");
}

function isInformation(line: string): boolean {
  return / level=INFO /.test(line) || line.includes('"level":"INFO"');
}
