import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { CommandDefinition } from "./command";
import { CommandError, exitCodes } from "./exit-codes";

const directory = join(__dirname, "commands");

/** The commands, by the names of their files. */
export function commandNames(): readonly string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replace(/\.ts$/, ""))
    .sort();
}

/** @throws {CommandError} when the file defines none */
export function loadCommand(name: string): CommandDefinition {
  const { command }: { readonly command?: CommandDefinition } = require(join(directory, name));
  if (command === undefined) {
    const advice = "export `command`, made by defineCommand (docs/extending.md, A command)";
    throw new CommandError(exitCodes.error, `cli/commands/${name}.ts exports no command; ${advice}`);
  }
  return command;
}
