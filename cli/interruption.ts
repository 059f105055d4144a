import { exitCodes } from "./exit-codes";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Aborts on the first interrupt, so that running steps finish and the state is saved; ends the process on the second. A terminal that is
 * closed meanwhile is no second one: nobody is there any more who is in a hurry.
 */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly listener = (signal: NodeJS.Signals): void => this.interrupt(signal);

  /** @param commandLine gives the line that runs the command again */
  constructor(
    private readonly say: (line: string) => void,
    private readonly commandLine: () => string,
  ) {
    for (const signal of signals) process.on(signal, this.listener);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  stop(): void {
    for (const signal of signals) process.off(signal, this.listener);
  }

  private interrupt(signal: NodeJS.Signals): void {
    if (this.controller.signal.aborted) {
      if (signal === "SIGHUP") return;
      this.say(
        `cancelled by you; steps that were running may have happened or not, exit code ${exitCodes.cancelled}; run it again, which finds out:\n    ${this.commandLine()}`,
      );
      process.exit(exitCodes.cancelled);
    }
    this.say("cancelling: running steps finish and the state is saved; interrupt again to stop at once");
    this.controller.abort();
  }
}
