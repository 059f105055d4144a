import { OperationDisplay } from "../deployment/display/operation-display";
import { OperationLog } from "../deployment/display/operation-log";
import { printableJson, type Terminal } from "../deployment/display/terminal";
import type { EngineEvent } from "../deployment/engine-event";
import type { OperationKind } from "../deployment/operation";
import { type CommandContext, cancelledOutcome, commandLine, type Outcome } from "./command";
import type { DeploymentEngine, DeploymentResult } from "./engines/deployment-engine";
import { CommandError, type ExitCode, exitCodes, operationExitCode } from "./exit-codes";

export interface RequestedOperation {
  readonly kind: OperationKind;
  /** For `refresh` and `destroy`: show what would happen, change nothing. */
  readonly previewOnly: boolean;
  /** For `destroy`: URNs that are deleted although they are protected. */
  readonly unprotected?: readonly string[];
  /** Whether what a plan and its update would both say is said once, and little of what went well. Default: false. */
  readonly brief?: boolean;
  /** Of an update: the preview that was shown before it. */
  readonly plan?: OperationLog;
}

export interface LoggedResult extends DeploymentResult {
  readonly log: OperationLog;
  readonly events: readonly EngineEvent[];
}

/** Runs one operation and shows its events as they come: a tree for a person, or JSON lines. */
export async function runAndPrint(
  context: CommandContext,
  engine: DeploymentEngine,
  { brief = false, plan, ...operation }: RequestedOperation,
): Promise<LoggedResult> {
  const { json = false, diff = false, target = [] } = context.options;
  if (!operation.previewOnly && context.options.skipPreview !== true && !brief) context.say("\nApplying:");
  const events: EngineEvent[] = [];
  const output = openEventOutput(context.output, { json, diff, brief, plan, isModelled: engine.isModelled });
  try {
    const result = await engine.run({
      ...operation,
      targets: target,
      emit: (event) => {
        events.push(event);
        output.event(event);
      },
      signal: context.signal,
    });
    return { ...result, log: output.log, events };
  } finally {
    output.finish();
  }
}

/** What comes after an update that failed. */
export const runAgain = "run it again once the cause is gone";

/**
 * The outcome of an operation that did not succeed, or undefined.
 *
 * @param applied what had been done by then, or what to do: {@link runAgain}
 */
export function failedOutcome(context: CommandContext, result: LoggedResult, applied: string): Outcome | undefined {
  const exitCode = resultExitCode(result);
  if (exitCode === exitCodes.done) return undefined;
  if (result.result === "cancelled") {
    return cancelledOutcome(context, applied.replace(runAgain, "what had begun is finished and saved"));
  }
  return { exitCode, summary: `failed (${failureText(result, exitCode)}), ${applied}, exit code ${exitCode}` };
}

/** Says what failed in an operation that ran without being shown. */
export function sayErrors(context: CommandContext, { diagnostics }: OperationLog): void {
  for (const { message, hint } of diagnostics.errors)
    context.say(hint === undefined ? message : `${message}\nwhat to do: ${hint}`);
}

/**
 * A program that stops because of what it was given to read is bad configuration, not a bad program; protection is a guard, not a
 * resource that failed.
 */
function resultExitCode(result: LoggedResult): ExitCode {
  const { diagnostics } = result.log;
  if (result.failure === "program" && diagnostics.refuseInput) return exitCodes.badConfiguration;
  if (result.result === "failed" && diagnostics.areProtection) return exitCodes.policy;
  return operationExitCode(result);
}

function failureText(result: LoggedResult, exitCode: ExitCode): string {
  if (exitCode === exitCodes.badConfiguration) return "bad configuration";
  if (result.log.diagnostics.areProtection) return "protected resources in the way";
  switch (result.failure) {
    case "policy":
      return "policy violation";
    case "resource":
      return "a resource failed";
    case "program":
      return "the program failed";
    default:
      return "error";
  }
}

/** Without a preview, changes that nobody expected would be made before they are noticed. */
export function refuseUncheckedExpectation({ options }: CommandContext): void {
  if (options.expectNoChanges !== true || options.skipPreview !== true) return;
  const message = "--expect-no-changes is answered by the preview; leave --skip-preview out";
  throw new CommandError(exitCodes.badConfiguration, message);
}

export function unexpectedChanges(context: CommandContext, result: LoggedResult): Outcome | undefined {
  if (context.options.expectNoChanges !== true || result.log.counts.changes === 0) return undefined;
  const line = commandLine(context, "preview", "--diff");
  context.say(`Changes were found where none were expected. To see them in full: ${line}`);
  return { exitCode: exitCodes.unexpectedChanges, summary: `changes where none were expected, exit code 7` };
}

/** `3 created, 1 updated, 20 unchanged`, or `3 to create …` of a preview. */
export function changesText(log: OperationLog): string {
  const lines = log.counts.lines(log.isPreview, 0, (_role, text) => text);
  return lines.length === 0
    ? "nothing in it"
    : lines.map((line) => line.trim().replace(/^(\+-|[+~=-])\s*/, "")).join(", ");
}

/** Where one operation's events go, and what was gathered from them. */
interface EventOutput {
  readonly log: OperationLog;
  event(event: EngineEvent): void;
  finish(): void;
}

interface EventOutputOptions {
  readonly json: boolean;
  readonly diff: boolean;
  readonly brief: boolean;
  readonly plan: OperationLog | undefined;
  readonly isModelled: ((type: string) => boolean) | undefined;
}

function openEventOutput(terminal: Terminal, { json, isModelled, plan, ...options }: EventOutputOptions): EventOutput {
  if (json) return new JsonEvents(terminal);
  return new OperationDisplay(terminal, {
    ...options,
    ...(isModelled === undefined ? {} : { isModelled }),
    ...(plan === undefined ? {} : { plan }),
  });
}

class JsonEvents implements EventOutput {
  readonly log = new OperationLog();

  constructor(private readonly terminal: Terminal) {}

  event(event: EngineEvent): void {
    this.log.record(event);
    this.terminal.write(`${printableJson(event)}\n`);
  }

  finish(): void {}
}
