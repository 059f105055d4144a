import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { type EndedDirectory, endDirectory, records } from "./local-leftovers";

export interface LocalDirectoryOptions {
  /** Where it is made. Short: sockets lie below it. @default "/tmp" */
  readonly parent?: string;
  /** Leaves it for a look when the drill ends; what runs in it is ended all the same. */
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

  /** Ends every process and removes the directory. @returns what could not be done, in words */
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
