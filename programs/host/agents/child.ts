import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

export interface ChildOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Added to the agent's own environment. Secrets go here and nowhere else: every user of the host can read arguments. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the process id is kept, for whoever comes after an agent that was killed. */
  readonly idFile: string;
  readonly onLine: (line: string) => void;
}

/** A program that an agent runs. It has ended when `ended` is fulfilled; it is never started again by itself. */
export class Child {
  readonly ended: Promise<string>;
  private readonly child: ChildProcess;
  private isRunning = true;
  private asleep = false;

  constructor(options: ChildOptions) {
    const { program, args, environment, idFile, onLine } = options;
    this.child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
    mkdirSync(dirname(idFile), { recursive: true });
    if (this.child.pid !== undefined) writeFileSync(idFile, `${this.child.pid}\n`);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", onLine);
    }
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.isRunning = false;
        rmSync(idFile, { force: true });
        resolve(how);
      };
      this.child.on("error", (error) => end(`cannot be started: ${error.message}`));
      this.child.on("exit", (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
  }

  get running(): boolean {
    return this.isRunning;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.child.kill(name);
  }

  get isAsleep(): boolean {
    return this.asleep;
  }

  /** Halts it where it is, until it is woken. */
  sleep(): void {
    if (!this.asleep) this.signal("SIGSTOP");
    this.asleep = true;
  }

  wake(): void {
    if (this.asleep) this.signal("SIGCONT");
    this.asleep = false;
  }

  /** Asks it to end, and ends it when it has not after the grace period. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.signal("SIGTERM");
    // A halted process takes no notice, whoever has halted it.
    this.signal("SIGCONT");
    const timer = setTimeout(() => this.signal("SIGKILL"), graceMilliseconds);
    await this.ended;
    clearTimeout(timer);
  }
}

/**
 * Ends what an agent that was killed has left running: two Litestreams on one database and one path damage the replica.
 *
 * @param program only a process whose command line begins with it is ended: ids are used again
 */
export function endLeftover(idFile: string, program: string): void {
  const pid = Number(textOf(idFile));
  if (Number.isInteger(pid) && pid > 1 && commandOf(pid).startsWith(program)) {
    killAndWait(pid, program);
  }
  rmSync(idFile, { force: true });
}

/** Whether the process lives. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function killAndWait(pid: number, program: string): void {
  process.kill(pid, "SIGKILL");
  for (let look = 0; look < 100 && commandOf(pid).startsWith(program); look++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

/** Its command line; empty when there is no such process, or when it is a zombie. */
function commandOf(pid: number): string {
  try {
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
