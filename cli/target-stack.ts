import { CommandError, exitCodes } from "./exit-codes";
import type { CommandOptions, EngineName } from "./options";

/** Whether a command picks a stack by itself. Those that take away never do. */
export type StackDefault = "dev" | "none";

export interface TargetStack {
  readonly stack: string;
  readonly engine: EngineName;
}

/**
 * The stack and the engine a command works on. Anything on the real engine, and whatever takes away, must be told the stack;
 * a build (`CI` set) must be told the engine.
 */
export function targetStack(
  command: string,
  options: CommandOptions,
  stackDefault: StackDefault,
  environment: Readonly<Record<string, string | undefined>>,
): TargetStack {
  const engine = targetEngine(command, options, environment);
  if (options.stack !== undefined) return { stack: options.stack, engine };
  if (engine === "pulumi")
    throw missing(command, options, "on the real engine the stack must be named", "--stack NAME");
  if (stackDefault === "none") throw missing(command, options, `${command} has no default stack`, "--stack NAME");
  return { stack: stackDefault, engine };
}

/** The engine alone, for what works on several stacks. */
export function targetEngine(
  command: string,
  options: CommandOptions,
  environment: Readonly<Record<string, string | undefined>>,
): EngineName {
  const exempt = command === "start";
  if (options.engine === undefined && isSet(environment.CI) && !exempt) {
    throw missing(command, options, "CI is set, so the engine must be named", "--engine sandbox");
  }
  return options.engine ?? "sandbox";
}

function missing(command: string, options: CommandOptions, why: string, addition: string): CommandError {
  const given = [
    ...(options.stack === undefined ? [] : [`--stack ${options.stack}`]),
    ...(options.engine === undefined ? [] : [`--engine ${options.engine}`]),
  ];
  const line = `npm run ${command} -- ${[...given, addition].join(" ")}`;
  return new CommandError(exitCodes.badConfiguration, `${why}:\n  ${line}`);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "false" && value !== "0";
}
