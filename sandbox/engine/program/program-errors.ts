import { setImmediate as nextTurn } from "node:timers/promises";
import { inspect } from "node:util";
import type { ProjectSdk } from "./project-sdk";

type Report = (message: string, urn: string) => void;
type Listener = (error: unknown) => void;

const events = ["uncaughtException", "unhandledRejection"] as const;

/**
 * While a program runs, what it throws and nobody catches belongs to it: reported once each, as the language host does.
 * Other listeners of the process (a test runner's) are set aside meanwhile.
 */
export class ProgramErrors {
  private readonly reported = new Set<unknown>();
  private readonly pendingUrns: Promise<void>[] = [];
  private readonly others = new Map<(typeof events)[number], Listener[]>();
  failed = false;
  private noteFirst = (): void => {};
  /** Resolves when something was thrown that nobody caught. */
  readonly first = new Promise<void>((resolve) => {
    this.noteFirst = resolve;
  });

  /** @param program what is named in messages: the main file; undefined for an inline program */
  constructor(
    private readonly sdk: ProjectSdk,
    private readonly program: string | undefined,
    private readonly report: Report,
  ) {}

  listen(): void {
    for (const event of events) {
      this.others.set(event, process.listeners(event as "uncaughtException") as Listener[]);
      process.removeAllListeners(event);
      process.on(event, this.handle);
    }
  }

  /** Waits for rejections that are only noticed after the program has ended, then gives the process its listeners back. */
  async stop(): Promise<void> {
    await nextTurn();
    await nextTurn();
    await Promise.all(this.pendingUrns);
    for (const event of events) {
      process.off(event, this.handle);
      for (const listener of this.others.get(event) ?? []) process.on(event, listener);
    }
  }

  /** Says why the program failed in other words than an error of its own. */
  fail(message: string): void {
    this.failed = true;
    this.report(message, "");
  }

  /** Says nothing of an error that has been told in other words. */
  ignore(error: unknown): void {
    this.reported.add(error);
  }

  readonly handle = (error: unknown): void => {
    if (this.reported.has(error) || (isObject(error) && this.sdk.errors.isGrpcError(error))) return;
    this.reported.add(error);
    this.failed = true;
    this.noteFirst();
    if (this.sdk.errors.ResourceError.isInstance(error)) this.reportResourceError(error);
    else this.report(this.messageFor(error), "");
  };

  private messageFor(error: unknown): string {
    if (error instanceof Error && this.sdk.errors.RunError.isInstance(error)) return error.message;
    const subject = this.program === undefined ? "program" : `program '${this.program}'`;
    return `Running ${subject} failed with an unhandled exception:\n${describe(error)}`;
  }

  private reportResourceError(error: unknown): void {
    const { hideStack, resource } = resourceErrorParts(error);
    const message = hideStack && error instanceof Error ? error.message : describe(error);
    const told = Promise.resolve(resource?.urn.promise()).then(
      (urn) => this.report(message, urn ?? ""),
      () => this.report(message, ""),
    );
    this.pendingUrns.push(told);
  }
}

interface ResourceErrorParts {
  readonly hideStack?: boolean;
  readonly resource?: { readonly urn: { promise(): Promise<string> } };
}

function resourceErrorParts(error: unknown): ResourceErrorParts {
  return isObject(error) ? error : {};
}

function describe(error: unknown): string {
  if (error instanceof Error && error.name === "SyntaxError") {
    const [place = ""] = (error.stack ?? "").split(error.message);
    return `${place}${error.message}`;
  }
  return error instanceof Error ? inspect(error) : String(error);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
