import { type Command, InvalidArgumentError } from "commander";
import type { HostExitCode } from "../host-exit-codes";
import { type FailoverArguments, failoverOptionRows } from "./failover-options";
import type { InferenceArguments } from "./override-inference";
import type { ReplaceArguments } from "./replace-predecessors";
import type { StatusArguments } from "./show-status";

// Loaded when run: these bring the store's client along.
const orderFailover = () => (require("./order-failover") as typeof import("./order-failover")).orderFailover;
const showStatus = () => (require("./show-status") as typeof import("./show-status")).showStatus;
const overrideInference = () =>
  (require("./override-inference") as typeof import("./override-inference")).overrideInference;
const replacePredecessors = () =>
  (require("./replace-predecessors") as typeof import("./replace-predecessors")).replacePredecessors;

/** Adds what a person may type on a host or a laptop: `failover`, `status`, `inference`. */
export function addFailoverCommands(
  program: Command,
  settings: string,
  signal: AbortSignal,
  ended: (exitCode: HostExitCode) => void,
): void {
  addFailover(program, settings).action(async (args: FailoverArguments) => ended(await orderFailover()(args, signal)));
  addStatus(program, settings).action(async (args: StatusArguments) => ended(await showStatus()(args, signal)));
  addInference(program, settings).action((args: InferenceArguments) => overrideInference()(args));
  addReplacing(program, settings).action(async (args: ReplaceArguments) =>
    ended(await replacePredecessors()(args, signal)),
  );
}

function addFailover(program: Command, settings: string): Command {
  const command = program
    .command("failover")
    .description(
      "Make a host the primary. Needs the store, the hosts and Cloudflare, and nothing else. After an interruption the same command goes on.",
    );
  for (const { flags, description, takes, default: value = false } of failoverOptionRows) {
    if (takes === "seconds") command.option(flags, description, seconds, Number(value));
    else if (takes === "flag") command.option(flags, description, false);
    else command.option(flags, description);
  }
  return command
    .option("--settings <file>", "this machine's settings", settings)
    .addHelpText(
      "after",
      `
Examples:
  host.mjs failover --to forge --dry-run      what would happen, and what stands in the way
  host.mjs failover --to forge                anvil is gone
  host.mjs failover --to forge --planned      anvil is well and shall rest
  host.mjs failover --back                    the way back, planned

Exit codes: 0 done, 1 error, 2 options or settings, 3 secrets, 4 a step failed, 5 refused by a check, 8 cancelled, 9 timeout`,
    )
    .exitOverride();
}

function addStatus(program: Command, settings: string): Command {
  return program
    .command("status")
    .description("What the lease, both hosts and the record say. Changes nothing; exit code 5 when they do not agree.")
    .option("--json", "one document", false)
    .option("--settings <file>", "this machine's settings", settings)
    .addHelpText("after", "\nExample:\n  host.mjs status")
    .exitOverride();
}

function addInference(program: Command, settings: string): Command {
  return program
    .command("inference")
    .description("On this host: say yourself which inference server counts as away, or leave it to the monitor again.")
    .option("--avoid <host>", "this host's server counts as away, whatever it answers")
    .option("--minutes <number>", "for so long; without it until --automatic", seconds)
    .option("--automatic", "the monitor decides again", false)
    .option("--settings <file>", "this machine's settings", settings)
    .addHelpText(
      "after",
      "\nExamples:\n  host.mjs inference --avoid forge --minutes 60\n  host.mjs inference --automatic",
    )
    .exitOverride();
}

function addReplacing(program: Command, settings: string): Command {
  return program
    .command("replace-predecessors")
    .description(
      "On this host: let ours do what other launchd agents did before there was this program, or let those do it again. The agents do it; this says what is wanted, and waits. After an interruption the same command goes on.",
    )
    .option("--back", "the agents from before do it again", false)
    .option("--dry-run", "say what would be done, and do nothing", false)
    .option("-y, --yes", "do not ask", false)
    .option("--timeout <seconds>", "how long it waits before it goes back", seconds, 180)
    .option("--settings <file>", "this machine's settings", settings)
    .addHelpText(
      "after",
      `
Examples:
  host.mjs replace-predecessors --dry-run
  host.mjs replace-predecessors
  host.mjs replace-predecessors --back

Exit codes: 0 done, 2 options or settings, 3 secrets, 5 refused by a check, 8 cancelled, 9 ours did not come to it: all is as it was`,
    )
    .exitOverride();
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > 86_400)
    throw new InvalidArgumentError("expected a number from 0 to 86400");
  return value;
}
