import { Command, Option } from "commander";
import { type CommandDefinition, scriptLine } from "./command";
import { commandNames, loadCommand } from "./commands";
import { CommandError, exitCodes } from "./exit-codes";
import {
  longFlag,
  type OptionDefinition,
  type OptionTable,
  type OptionValues,
  sharedOptions,
  takesValue,
} from "./options";

/** A command that was called, as it was understood. */
export interface ParsedCommand {
  readonly name: string;
  readonly definition: CommandDefinition;
  readonly options: OptionValues<OptionTable>;
  /** Words that belong to no option. */
  readonly stray: readonly string[];
}

/**
 * The command line's grammar. Only the command that is called is loaded; all of them, to be listed, when the first word names none.
 *
 * @param run gets what was understood
 */
export function commandLineProgram(args: readonly string[], run: (command: ParsedCommand) => Promise<void>): Command {
  const program = new Command("npm run")
    .description("Several systems' infrastructure as one Pulumi program, on emulated clouds or on the real engine.")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride();
  const names = commandNames();
  const called = names.filter((name) => name === args[0]);
  for (const name of called.length > 0 ? called : names) program.addCommand(subcommand(name, run));
  return program;
}

function subcommand(name: string, run: (command: ParsedCommand) => Promise<void>): Command {
  const definition = loadCommand(name);
  const command = new Command(name)
    .description(definition.description)
    .configureHelp({ commandUsage: () => `${scriptLine(name, [])} -- [options]` })
    .argument("[words...]")
    .exitOverride();
  for (const option of Object.values(definition.options)) command.addOption(offeredOption(option));
  command.addHelpText("after", `\nExamples:\n${definition.examples.map((line) => `  ${line}`).join("\n")}`);
  return command.action((stray: string[], options: ParsedCommand["options"]) =>
    run({ name, definition, options, stray }),
  );
}

function offeredOption({ flags, description, default: value, choices, repeatable }: OptionDefinition): Option {
  const option = new Option(flags, value === undefined ? description : `${description} (default: ${value})`);
  if (choices !== undefined) option.choices(choices);
  return repeatable === true ? option.argParser(append) : option;
}

function append(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/**
 * The action that follows a command; undefined for one that has none. What follows it is not repeated: it may be a value that was meant to be
 * secret.
 *
 * @throws {CommandError} when there is none, or another, or anything behind it
 */
export function requireAction(
  name: string,
  { actions = [] }: Pick<CommandDefinition, "actions">,
  [word, ...others]: readonly string[],
): string | undefined {
  if (actions.length === 0) return undefined;
  const lines = actions.map((action) => scriptLine(name, [action])).join("\n  ");
  if (word === undefined || !actions.includes(word)) {
    const what = word === undefined ? `${name} wants to know what to do` : `nothing is known of "${word}"`;
    throw new CommandError(exitCodes.badConfiguration, `${what}. Did you mean:\n  ${lines}`);
  }
  if (others.length === 0) return word;
  throw new CommandError(
    exitCodes.badConfiguration,
    `${name} ${word} takes options only. Values are asked for, or read from standard input: one that was typed here is in the shell's history and in lists of processes; have it issued anew`,
  );
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Refuses arguments that mean nothing, and options that npm took for its own because the `--` before them was left out
 * (`npm run destroy --stack prod`). The message shows the line that was meant.
 *
 * @param offered the command's options; what other commands share is recognised too
 */
export function refuseStrayArguments(
  command: string,
  offered: OptionTable,
  stray: readonly string[],
  environment: Environment,
): void {
  const swallowed = swallowedOptions({ ...sharedOptions, ...offered }, environment);
  if (stray.length === 0 && swallowed.length === 0) return;
  const what =
    swallowed.length > 0
      ? `npm took ${swallowed.map(({ option }) => longFlag(option)).join(", ")} for itself, because there is no -- before it`
      : `nothing is known of ${stray.map((word) => `"${word}"`).join(", ")}`;
  const line = meantLine(command, offered, swallowed, stray);
  throw new CommandError(exitCodes.badConfiguration, `${what}. Did you mean:\n  ${line}`);
}

interface SwallowedOption {
  readonly option: OptionDefinition;
  /** Empty when npm left the value behind as an argument. */
  readonly value: string;
}

/** npm completes what begins like one of its own options: `--to forge` is its `--token-description` then. */
const completedByNpm: Readonly<Record<string, readonly string[]>> = { to: ["token_description"] };

/** npm hands unknown options on as `npm_config_*`: `true` for a bare one, its text for `--stack=prod`. */
function swallowedOptions(known: OptionTable, environment: Environment): SwallowedOption[] {
  if (environment.npm_lifecycle_event === undefined) return [];
  return Object.entries(known).flatMap(([name, option]) => {
    const words = [longFlag(option).slice(2).replaceAll("-", "_"), ...(completedByNpm[name] ?? [])];
    const value = words.map((word) => environment[`npm_config_${word}`]).find((each) => each !== undefined);
    if (value === undefined || value === "" || value === "false") return [];
    return [{ option, value: value === "true" ? "" : value }];
  });
}

function meantLine(
  command: string,
  offered: OptionTable,
  swallowed: readonly SwallowedOption[],
  stray: readonly string[],
): string {
  const left = [...stray];
  const options = swallowed.flatMap(({ option, value }) => {
    if (!takesValue(option)) return [longFlag(option)];
    return [longFlag(option), value === "" ? (left.shift() ?? "VALUE") : value];
  });
  const [word] = left;
  if (swallowed.length === 0 && word !== undefined) options.push(...meantOption(offered, word));
  return scriptLine(command, options);
}

/** What a word stands for that has no option before it: a stack, or for a failover the host. */
function meantOption(offered: OptionTable, word: string): readonly string[] {
  if (offered.to !== undefined) return [longFlag(offered.to), word];
  return offered.stack === undefined ? [] : [longFlag(offered.stack), word];
}
