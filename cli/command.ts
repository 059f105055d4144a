import type { Terminal } from "../deployment/display/terminal";
import type { DeploymentEngine } from "./engines/deployment-engine";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes";
import type { CommandOptions, EngineName } from "./options";

/** What a command works with: one stack on one engine, and a place to write. */
export interface CommandContext {
  readonly command: string;
  readonly options: CommandOptions;
  readonly stack: string;
  readonly engine: EngineName;
  /** Standard output. With `--json` nothing but events and documents goes there. */
  readonly output: Terminal;
  readonly signal: AbortSignal;
  /** A line for a person: on standard output, or on standard error with `--json`. */
  say(line: string): void;
  /** Opens a stack of this project on the engine; the command's own unless another is named. */
  open(stack?: string): Promise<DeploymentEngine>;
}

/** How a command ended: its exit code and what its last line says. */
export interface Outcome {
  readonly exitCode: ExitCode;
  readonly summary: string;
  /** Nothing had to be done. */
  readonly unchanged?: boolean;
}

export type Command = (context: CommandContext) => Promise<Outcome>;

export function done(summary: string): Outcome {
  return { exitCode: exitCodes.done, summary };
}

/**
 * The line that runs a command on the same stack, and on the same `--target` unless the options name others, as a person types it. URNs
 * are quoted: they hold `$`, which shells read.
 */
export function commandLine(context: CommandContext, command: string, ...options: readonly string[]): string {
  const { cwd, policyPack, target = [] } = context.options;
  const targets = options.some((option) => option.startsWith("--target")) ? [] : target;
  const words = [
    `--stack ${context.stack}`,
    ...(context.engine === "sandbox" ? [] : [`--engine ${context.engine}`]),
    ...(cwd === undefined ? [] : [`--cwd ${cwd}`]),
    ...(policyPack === undefined ? [] : [`--policy-pack ${policyPack}`]),
    ...targets.map((urn) => `--target '${urn}'`),
    ...options,
  ];
  return `npm run ${command} -- ${words.join(" ")}`;
}

/** The error of a command that reads what a stack deployed, for a stack of which nothing is deployed. */
export function neverDeployed(context: CommandContext): CommandError {
  const line = context.engine === "sandbox" ? `npm start -- --stack ${context.stack}` : commandLine(context, "up");
  return new CommandError(exitCodes.stackNotFound, `stack "${context.stack}" was never deployed. First: ${line}`);
}
