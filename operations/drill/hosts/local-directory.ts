import { execFileSync } from "node:child_process";
import { appendFileSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { errorCode } from "../../../lib/file-access";
import { endProcesses } from "../launchd/processes";

export interface LocalDirectoryOptions {
  /** Where it is made. Short: sockets lie below it. @default "/tmp" */
  readonly parent?: string;
  /** Leaves the directory when the drill ends, for inspection; what runs in it is ended all the same. */
  readonly keep: boolean;
}

/**
 * The directory of a drill on this machine, with a record of every process that was started for it: whatever way the drill's own
 * process ends, all of them end with it. When it is killed, the next drill does that ({@link endLeftovers}).
 */
export class LocalDirectory {
  private isOver = false;

  private constructor(
    readonly path: string,
    private readonly keep: boolean,
    private readonly life: Server,
  ) {
    // Errors, a second interrupt, and readers that go away end the process without any `finally`.
    process.once("exit", () => this.remove());
  }

  static async open({ parent = "/tmp", keep }: LocalDirectoryOptions): Promise<LocalDirectory> {
    const path = mkdtempSync(join(parent, "drill-"));
    const life = createServer((connection) => connection.destroy());
    await new Promise<void>((resolve, reject) => life.once("error", reject).listen(join(path, records.life), resolve));
    // The drill's work keeps its process going, and not this.
    life.unref();
    // Only now does another drill take it for a drill's.
    writeFileSync(join(path, records.drill), `${JSON.stringify({ keep })}\n`);
    return new LocalDirectory(path, keep, life);
  }

  /** Is to be told each process that is started and names the directory on its command line, as soon as it runs. */
  readonly started = (pid: number): void => {
    if (this.isOver) this.remove([pid]);
    else appendFileSync(join(this.path, records.processes), `${pid}\n`);
  };

  /** Ends every process and removes the directory. @returns what could not be done, and what to do about it */
  end(): EndedDirectory {
    const ended = this.remove();
    this.life.close();
    return ended;
  }

  private remove(late: readonly number[] = []): EndedDirectory {
    this.isOver = true;
    return endDirectory(this.path, { keep: this.keep, late });
  }
}

/** What a drill writes into its directory about itself. */
export const records = {
  /** That it is a drill's, and whether it is kept. Written when `life` is there. */
  drill: "drill.json",
  /** One process id a line. */
  processes: "drill.processes",
  /** A socket that the drill listens on while it lives. */
  life: "drill.sock",
} as const;

const recordSchema = z.object({ keep: z.boolean() });

/** What ending a drill's directory came to. */
export interface EndedDirectory {
  readonly path: string;
  /** How many processes were ended. */
  readonly ended: number;
  /** What could not be done, and what to do about it. */
  readonly problems: readonly string[];
}

/**
 * Ends what drills left that were killed. A directory is one's when it belongs to this user and holds a drill's record, and nobody
 * listens on its socket any more; a process when its id or its group's is in the record there and its command line names the directory.
 *
 * @param parent where drills make their directories. @default "/tmp"
 */
export async function endLeftovers(parent = "/tmp"): Promise<readonly EndedDirectory[]> {
  const ended: EndedDirectory[] = [];
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    const record = name.startsWith("drill-") ? readRecord(path) : undefined;
    if (record !== undefined && !(await isAlive(path))) ended.push(endDirectory(path, record));
  }
  return ended;
}

/**
 * Ends every recorded process, and removes the directory or, when it is kept, what says that it is a drill's.
 *
 * Does not wait for events, so that it works while the process exits.
 */
function endDirectory(
  path: string,
  { keep, late = [] }: { readonly keep: boolean; readonly late?: readonly number[] },
): EndedDirectory {
  const { ended, left, others } = endProcesses(path, [...readProcessRecord(path), ...late]);
  const problems = left.map(
    (pid) => `process ${pid} does not end; ${path} stays for the next drill, which tries again`,
  );
  if (left.length > 0) return { path, ended, problems };
  for (const pid of others)
    problems.push(`process ${pid} names ${path} and is not in its record: ps -p ${pid} says whose`);
  try {
    unmountBelow(path);
    // The record goes last: what is interrupted here is found again.
    if (!keep) for (const name of readdirSync(path)) if (name !== records.drill) removeAll(join(path, name));
    for (const name of Object.values(records)) rmSync(join(path, name), { force: true });
    if (!keep) removeAll(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT")
      problems.push(`${path} cannot be removed: ${error instanceof Error ? error.message : error}`);
  }
  return { path, ended, problems };
}

function removeAll(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

function readRecord(path: string): z.output<typeof recordSchema> | undefined {
  try {
    const directory = lstatSync(path);
    if (!directory.isDirectory() || directory.uid !== process.getuid?.()) return undefined;
    return recordSchema.parse(JSON.parse(readFileSync(join(path, records.drill), "utf8")));
  } catch {
    return undefined;
  }
}

/** Without the last line when it has no end: its number may lack digits. */
function readProcessRecord(path: string): readonly number[] {
  try {
    return readFileSync(join(path, records.processes), "utf8").split("\n").slice(0, -1).map(Number);
  } catch {
    return [];
  }
}

/** A process's sockets are closed however it ends; its id may belong to another one by now. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(join(path, records.life));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
    });
  });
}

/** A scenario puts a small file system below a host's directory. */
function unmountBelow(path: string): void {
  if (process.platform !== "linux") return;
  for (const line of readFileSync("/proc/self/mounts", "utf8").split("\n")) {
    const place = line.split(" ")[1] ?? "";
    if (place.startsWith(`${path}/`)) execFileSync("umount", ["-l", place]);
  }
}
