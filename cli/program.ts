import { Command, Option } from "commander";
import type { CommandDefinition } from "./command";
import { commandNames, loadCommand } from "./commands";
import type { OptionDefinition, OptionTable, OptionValues } from "./options";

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
    .usage("[options]")
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
