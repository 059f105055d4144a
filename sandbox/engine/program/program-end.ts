import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { ProgramErrors } from "./program-errors";

/** What keeps this process alive: timers, requests, sockets, files, counted by their kind. */
type ActiveResources = ReadonlyMap<string, number>;

/**
 * Watches the end of a program that shares this process. The language host of Pulumi gives each program a process of its own, which ends
 * when its event loop is empty, and whose exit code says whether it failed.
 */
export class ProgramEnd {
  private readonly activeBefore: ActiveResources;
  private readonly exit = process.exit;
  private readonly exitCode = process.exitCode;
  /** Whether nobody waits for the program any more. Its watch would keep the next program's from finding nothing left. */
  private left = false;
  private noteExit = (): void => {};
  private readonly exited = new Promise<void>((resolve) => {
    this.noteExit = resolve;
  });
  private noteEmpty = (): void => {};
  private readonly emptied = new Promise<void>((resolve) => {
    this.noteEmpty = resolve;
  });

  /** Resolves when the program ended without having come to its end: it called `process.exit`, or waits for what never comes. */
  readonly early = Promise.race([this.exited, this.emptied]);

  constructor(private readonly errors: ProgramErrors) {
    // Node opens a standard stream when it is first asked for, as parts of the SDK do; one that is a pipe would count as the program's.
    for (const stream of [process.stdin, process.stdout, process.stderr]) void stream;
    this.activeBefore = activeResources();
    process.once("beforeExit", this.failForWaiting);
    process.exit = (code) => {
      const request = new ExitRequest();
      errors.ignore(request);
      errors.fail(
        `The program called process.exit(${code ?? ""}) before it had said all that it makes, so nothing is deleted`,
      );
      this.noteExit();
      throw request;
    };
  }

  /**
   * Resolves when nothing of the program is left to run: what an async function makes that nobody awaits belongs to it, too.
   *
   * @param answered resolves when the engine has answered everything that it was asked
   * @param isIdle whether it has
   * @param tell says something to whoever watches
   */
  async nothingLeft(
    answered: () => Promise<void>,
    isIdle: () => boolean,
    tell: (message: string) => void,
  ): Promise<void> {
    const started = Date.now();
    let told = false;
    const say = (left: readonly string[], then: string): void => {
      if (!told) tell(`The program has come to its end, and what it started still runs: ${left.join(", ")}. ${then}`);
      told = true;
    };
    // Once is not enough: what has just ended may register something that is not asked of the engine yet.
    for (let quiet = 0; quiet < 2 && !this.left; ) {
      await answered();
      await nextTurn();
      const left = this.startedResources();
      quiet = left.length === 0 && isIdle() ? quiet + 1 : 0;
      if (left.length === 0) continue;
      if (Date.now() - started > patienceMs) {
        // A server, or a connection that this process opened meanwhile: it may stay for ever, and the sandbox does not.
        if (left.every((kind) => kind.endsWith("Wrap")))
          return say(left, "It is left; Pulumi itself waits until it is closed");
        say(left, "It is waited for, as Pulumi does");
      }
      await delay(checkMs);
    }
  }

  /** Gives the process back. A program that set an exit code has failed. */
  stop(): void {
    this.left = true;
    process.off("beforeExit", this.failForWaiting);
    process.exit = this.exit;
    const { exitCode } = process;
    process.exitCode = this.exitCode;
    if (exitCode !== undefined && exitCode !== this.exitCode && Number(exitCode) !== 0) {
      this.errors.fail(`The program set process.exitCode to ${exitCode}, which says that it failed`);
    }
  }

  private startedResources(): readonly string[] {
    return [...activeResources()].flatMap(([kind, count]) => {
      // A request of this process's own is answered soon; its handles and timers may stay as long as the program.
      const own = /Req|ConnectWrap|WriteWrap/.test(kind) ? 0 : (this.activeBefore.get(kind) ?? 0);
      const more = count - own;
      return more > 0 ? [more === 1 ? kind : `${more} × ${kind}`] : [];
    });
  }

  private readonly failForWaiting = (): void => {
    this.errors.fail(
      "The program waits for something that never comes: a promise that nothing resolves, or resources that need one another " +
        "in a circle. Nothing else is left to run. Pulumi itself takes such a program for done, and deletes what it has not made",
    );
    this.noteEmpty();
  };
}

/** How long the program's own work may go on before something is said, and how often it is looked at, in milliseconds. */
const patienceMs = 10_000;
const checkMs = 20;

/** Ends the code that called `process.exit`. */
class ExitRequest extends Error {
  override message = "process.exit was called";
}

function activeResources(): ActiveResources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
