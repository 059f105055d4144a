import { failoverArguments } from "../../operations/failover/failover-arguments";
import { NoHostSettings, runHostProgram } from "../../operations/failover/failover-program";
import type { Command } from "../command";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes";
import { givenPath } from "../project-root";

/** Makes a host the primary, by the program that is installed on the hosts. */
export const failover: Command = async ({ options }) => {
  const { settings } = options;
  try {
    const exitCode = exitCodeOf(
      await runHostProgram(failoverArguments(options), settings === undefined ? undefined : givenPath(settings)),
    );
    return { exitCode, summary: exitCode === exitCodes.done ? "done" : `exit code ${exitCode}` };
  } catch (error) {
    if (error instanceof NoHostSettings) throw new CommandError(exitCodes.badConfiguration, error.message);
    throw error;
  }
};

/** The program has the same numbers. */
function exitCodeOf(code: number): ExitCode {
  return Object.values(exitCodes).find((known) => known === code) ?? exitCodes.error;
}
