import { CommandError, exitCodes } from "./exit-codes";
import { type OptionName, optionDefinitions, optionNames, optionWord } from "./options";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Refuses arguments that mean nothing, and options that npm took for its own because the `--` before them was left out
 * (`npm run destroy --stack prod`). The message shows the line that was meant.
 */
export function refuseStrayArguments(command: string, stray: readonly string[], environment: Environment): void {
  const swallowed = swallowedOptions(environment);
  if (stray.length === 0 && swallowed.length === 0) return;
  const words = stray.map((word) => `"${word}"`).join(", ");
  const what =
    swallowed.length > 0
      ? `npm took ${swallowed.map(({ name }) => `--${optionWord(name)}`).join(", ")} for itself, because there is no -- before it`
      : `nothing is known of ${words}`;
  const line = meantLine(command, swallowed, stray);
  throw new CommandError(exitCodes.badConfiguration, `${what}. Did you mean:\n  ${line}`);
}

interface SwallowedOption {
  readonly name: OptionName;
  /** Empty when npm left the value behind as an argument. */
  readonly value: string;
}

/** npm completes what begins like one of its own options: `--to forge` is its `--token-description` then. */
const completedByNpm: Partial<Record<OptionName, readonly string[]>> = { to: ["token_description"] };

/** npm hands unknown options on as `npm_config_*`: `true` for a bare one, its text for `--stack=prod`. */
function swallowedOptions(environment: Environment): SwallowedOption[] {
  if (environment.npm_lifecycle_event === undefined) return [];
  return optionNames.flatMap((name) => {
    const words = [optionWord(name).replaceAll("-", "_"), ...(completedByNpm[name] ?? [])];
    const value = words.map((word) => environment[`npm_config_${word}`]).find((each) => each !== undefined);
    if (value === undefined || value === "" || value === "false") return [];
    return [{ name, value: value === "true" ? "" : value }];
  });
}

function meantLine(command: string, swallowed: readonly SwallowedOption[], stray: readonly string[]): string {
  const left = [...stray];
  const options = swallowed.flatMap(({ name, value }) => {
    if (!takesValue(name)) return [`--${optionWord(name)}`];
    return [`--${optionWord(name)}`, value === "" ? (left.shift() ?? "VALUE") : value];
  });
  if (swallowed.length === 0 && left.length > 0) options.push(...meantOption(command, left[0] ?? ""));
  const script = command === "start" ? "npm start" : `npm run ${command}`;
  return [script, "--", ...options].join(" ");
}

/** What a word stands for that has no option before it: a stack, and for a failover the host. */
function meantOption(command: string, word: string): readonly string[] {
  return command === "failover" ? ["--to", word] : ["--stack", word];
}

function takesValue(name: OptionName): boolean {
  return optionDefinitions[name].flags.includes("<");
}
