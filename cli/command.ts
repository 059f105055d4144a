import { printableJson, type Terminal } from "../deployment/display/terminal";
import { quoteForShell } from "../lib/shell-quote";
import { loadCommand } from "./commands";
import type { DeploymentEngine } from "./engines/deployment-engine";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes";
import {
  type EngineName,
  longFlag,
  type OptionTable,
  type OptionValues,
  optionArguments,
  type SharedOptions,
} from "./options";

/** What a command works with: one stack on one engine, and a place to write. */
export interface CommandContext<Options = SharedOptions> {
  readonly command: string;
  /** The options that the command offers. */
  readonly offered: OptionTable;
  readonly options: Options;
  /** The one of the command's actions that was named; undefined for a command that has none. */
  readonly action?: string | undefined;
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

/**
 * One command, all of it: `cli/commands/<name>.ts` exports one as `command`. What such a file imports is loaded when it is first used
 * (`late-modules.cjs`), so that `--help` and a mistyped option need not wait for what the command does.
 */
export interface CommandDefinition<Options extends OptionTable = OptionTable> {
  readonly description: string;
  readonly options: Options;
  /** Words of which one follows the command and says what it does. Default: none. */
  readonly actions?: readonly string[];
  /** Lines that can be typed as they are. */
  readonly examples: readonly string[];
  /** `dev`: it works on a stack, which is dev unless another is named; `named`: it must be named; `none`: it works on no stack. */
  readonly stack: "dev" | "named" | "none";
  /** What the first and the last line name, of a command that works on an engine and on no stack. */
  readonly subject?: string;
  /** Whether a preview environment that is not there yet begins with it. Otherwise nothing of it stays behind. Default: no. */
  readonly beginsPreviews?: boolean;
  /** Whether it deploys large programs, for which Node gets a larger young generation. Default: no. */
  readonly deploys?: boolean;
  run(context: CommandContext<OptionValues<Options>>): Promise<Outcome>;
}

export function defineCommand<const Options extends OptionTable>(
  definition: CommandDefinition<Options>,
): CommandDefinition<Options> {
  return definition;
}

export function done(summary: string): Outcome {
  return { exitCode: exitCodes.done, summary };
}

/**
 * The outcome of a command that a person stopped, by an interrupt or by a no: what was done, and the line that goes on with it. The line
 * stands by itself, to be copied.
 *
 * @example cancelledOutcome(context, "nothing was applied")
 */
export function cancelledOutcome(context: CommandContext<object>, whatWasDone: string): Outcome {
  const exitCode = exitCodes.cancelled;
  const line = commandLine(context, context.command);
  return { exitCode, summary: `cancelled by you; ${whatWasDone}, exit code ${exitCode}; run it again:\n    ${line}` };
}

/**
 * The line that runs a command on the same stack, as a person types it. Of the same command it has the options that were given; of
 * another one those that say what it works on.
 */
export function commandLine(context: CommandContext<object>, command: string, ...options: readonly string[]): string {
  const { stack, engine } = context;
  const { cwd, policyPack, target }: SharedOptions = context.options;
  const same = command === context.command;
  const offered = same ? context.offered : loadCommand(command).options;
  const given = same ? context.options : { cwd, policyPack, target };
  const isReplaced = (name: string) =>
    options.some((option) => option.split(" ")[0] === longFlag(offered[name] ?? noOption));
  const kept = Object.fromEntries(Object.entries(given).filter(([name]) => !isReplaced(name)));
  const usual = engine === "sandbox" ? undefined : engine;
  const action = same && context.action !== undefined ? [context.action] : [];
  const args = optionArguments(offered, { ...kept, stack, engine: usual });
  return scriptLine(command, [...action, ...args.map(shellWord), ...options]);
}

/**
 * Writes a command's document for `--json`, without the environment's secrets: what became of things is told in the words of services,
 * which quote what they were sent.
 */
export function writeDocument({ output }: Pick<CommandContext<object>, "output">, document: object): void {
  const { environmentSecrets }: typeof import("../deployment/values/secret-texts") =
    require("../deployment/values/secret-texts");
  output.write(`${printableJson(environmentSecrets().maskedValue(document), 2)}\n`);
}

/** A command as npm runs it. @example scriptLine("start", ["--stack", "prod"]) // "npm start -- --stack prod" */
export function scriptLine(command: string, args: readonly string[]): string {
  const script = command === "start" ? "npm start" : `npm run ${command}`;
  return args.length === 0 ? script : [script, "--", ...args].join(" ");
}

const noOption = { flags: "", description: "" };

/** URNs hold `$`, and reasons spaces, which shells read. */
function shellWord(text: string): string {
  return /^[\w./:@=,-]+$/.test(text) ? text : quoteForShell(text);
}

/** The error of a command that reads what a stack deployed, for a stack of which nothing is deployed. */
export function neverDeployedError(context: CommandContext): CommandError {
  const line = context.engine === "sandbox" ? `npm start -- --stack ${context.stack}` : commandLine(context, "up");
  return new CommandError(exitCodes.stackNotFound, `stack "${context.stack}" was never deployed. First: ${line}`);
}
