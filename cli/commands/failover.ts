import { failoverArguments, NoHostSettings, runHostProgram } from "../../operations/failover/failover-program";
import { failoverOptions } from "../../programs/host/failover/failover-options";
import { type CommandContext, cancelledOutcome, commandLine, defineCommand, type Outcome } from "../command";
import { requireTerminal } from "../confirmation";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes";
import type { OptionTable, OptionValues } from "../options";
import { givenPath } from "../project-root";

const options = {
  ...failoverOptions,
  settings: { flags: "--settings <file>", description: "this machine's settings (default: ~/system/etc/host.json)" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Make a host the primary: check, fence, take the lease, wait for the promotion, switch the name, verify. The same command goes on after an interruption. docs/failover.md; on a host, bin/failover does it without npm.",
  options,
  examples: [
    "npm run failover -- --to forge --dry-run",
    "npm run failover -- --to forge",
    "npm run failover -- --to forge --planned",
    "npm run failover -- --back",
  ],
  stack: "none",
  run,
});

/** Makes a host the primary, by the program that is installed on the hosts. */
async function run(context: Context): Promise<Outcome> {
  const { options } = context;
  const { settings, yes = false, dryRun = false } = options;
  if (!yes && !dryRun) requireTerminal({ withoutAsking: commandLine(context, "failover", "--yes") });
  try {
    const exitCode = exitCodeOf(
      await runHostProgram(failoverArguments(options), settings === undefined ? undefined : givenPath(settings)),
    );
    if (context.signal.aborted && exitCode !== exitCodes.done) {
      return cancelledOutcome(context, "the lines above say how far it came");
    }
    return { exitCode, summary: exitCode === exitCodes.done ? "done" : `exit code ${exitCode}` };
  } catch (error) {
    if (error instanceof NoHostSettings) throw new CommandError(exitCodes.badConfiguration, error.message);
    throw error;
  }
}

/** The program has the same numbers. */
function exitCodeOf(code: number): ExitCode {
  return Object.values(exitCodes).find((known) => known === code) ?? exitCodes.error;
}
