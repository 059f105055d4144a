import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { CommandDefinition } from "./command";

const directory = join(__dirname, "commands");

/** The commands, by the names of their files. */
export function commandNames(): readonly string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replace(/\.ts$/, ""))
    .sort();
}

/** @throws when the file defines none */
export function loadCommand(name: string): CommandDefinition {
  const { command }: { readonly command?: CommandDefinition } = require(join(directory, name));
  if (command === undefined) throw new Error(`cli/commands/${name}.ts exports no command`);
  return command;
}
