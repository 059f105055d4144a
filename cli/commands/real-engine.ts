import { join, relative } from "node:path";
import { MissingProgramError } from "../../operations/programs/external-program";
import { buildPulumi, pathWithPulumi } from "../../operations/programs/pulumi-program";
import { type CommandContext, cancelledOutcome, defineCommand, done, type Outcome } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { projectRoot } from "../project-root";

export const command = defineCommand({
  description:
    "Build the real Pulumi engine for the tests and the benchmark, once, with Go, and say how to run it on the emulated clouds.",
  options: {},
  examples: ["npm run real-engine"],
  stack: "none",
  run,
});

/** Builds the Pulumi CLI that tests compare the sandbox with. */
async function run(context: CommandContext<object>): Promise<Outcome> {
  const { say, signal } = context;
  try {
    const pulumi = await buildPulumi({ cache: join(projectRoot, ".drill"), say, signal });
    say("On the emulated clouds, with a state in a directory:");
    say(`  export PATH=${pathWithPulumi(pulumi, { PATH: "$PATH" })}`);
    say("  export PULUMI_BACKEND_URL=file:///some/directory PULUMI_CONFIG_PASSPHRASE=sandbox");
    return done(relative(projectRoot, pulumi));
  } catch (error) {
    if (signal.aborted) return cancelledOutcome(context, "the next run goes on from what is compiled");
    if (error instanceof MissingProgramError) throw new CommandError(exitCodes.badConfiguration, error.message);
    throw error;
  }
}
