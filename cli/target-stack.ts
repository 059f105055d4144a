import type { CommandDefinition } from "./command";
import { CommandError, exitCodes } from "./exit-codes";
import { type EngineName, optionArguments, type SharedOptions, sharedOptions } from "./options";

export interface TargetStack {
  /** Empty for a command that works on no stack. */
  readonly stack: string;
  readonly engine: EngineName;
}

/**
 * The stack and the engine a command works on. Anything on the real engine, and whatever takes away, must be told the stack; a build
 * (`CI` set) must be told the engine.
 */
export function targetStack(
  command: string,
  { stack: usual, options: offered }: Pick<CommandDefinition, "stack" | "options">,
  options: SharedOptions,
  environment: Readonly<Record<string, string | undefined>>,
): TargetStack {
  const missing = (why: string, ...addition: readonly string[]) => {
    const { stack, engine } = options;
    const given = optionArguments(sharedOptions, { stack, engine });
    const line = [`npm run ${command} --`, ...given, ...addition].join(" ");
    return new CommandError(exitCodes.badConfiguration, `${why}:\n  ${line}`);
  };
  // A command without the option knows the sandbox only, or no engine at all.
  if (offered.engine !== undefined && options.engine === undefined && isSet(environment.CI)) {
    throw missing("CI is set, so the engine must be named", "--engine sandbox");
  }
  const { engine = "sandbox" } = options;
  if (usual === "none") return { stack: "", engine };
  if (options.stack !== undefined) return { stack: options.stack, engine };
  if (engine === "pulumi") throw missing("on the real engine the stack must be named", "--stack NAME");
  if (usual === "named") throw missing(`${command} has no default stack`, "--stack NAME");
  return { stack: usual, engine };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "false" && value !== "0";
}
