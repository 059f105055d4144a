import { join } from "node:path";
import { type DrillEvidence, listChecks } from "../../operations/drill/evidence/drill-evidence";
import { formatTargets } from "../../operations/drill/evidence/drill-targets";
import { alertBound } from "../../operations/drill/evidence/report-page";
import { writeEvidence } from "../../operations/drill/evidence/write-evidence";
import { runLocalDrill } from "../../operations/drill/local-drill";
import { runRealDrill } from "../../operations/drill/real/real-drill";
import { type Unreachable, UnreachableHostError } from "../../operations/drill/real/ssh-connection";
import { type DrillTarget, findScenarios } from "../../operations/drill/run-drill";
import type { ScenarioOptions } from "../../operations/drill/scenarios/scenario";
import { DrillError } from "../../operations/programs/external-program";
import { hostStack, hostsOf } from "../../stacks/system-hosts";
import { type CommandContext, cancelledOutcome, defineCommand, done, type Outcome, writeDocument } from "../command";
import { confirm, requireTerminal } from "../confirmation";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { givenPath, projectRoot } from "../project-root";
import { wholeNumber } from "../whole-number";

/** By how much smaller databases are than on the real hosts. */
const scale = 100;

const options = {
  ...sharedOption("runs", "quick", "yes", "output", "json"),
  scenario: {
    flags: "--scenario <name>",
    description: "what goes wrong; can be repeated, or all (default: host-loss)",
    repeatable: true,
  },
  seed: { flags: "--seed <number>", description: "repeats the same writes (default: 1)" },
  stack: {
    flags: "-s, --stack <name>",
    description: "the stack that installs on the hosts, where there is more than one",
  },
  real: { flags: "--real", description: "on the real hosts, over SSH; asks before everything that interrupts service" },
  keep: { flags: "--keep", description: "keep the directories of the hosts that were made" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Lose the primary on two hosts made on this machine from the hosts stack's artifacts, fail over, and measure what was lost. Exit code 1 when a check fails.",
  options,
  examples: [
    "npm run drill",
    "npm run drill -- --runs 5",
    "npm run drill -- --scenario split-brain --scenario store-outage",
    "npm run drill -- --scenario all",
    "npm run drill -- --real",
  ],
  stack: "none",
  run,
});

/** Loses a host, and measures what that loses. */
async function run(context: Context): Promise<Outcome> {
  const { json = false, output } = context.options;
  const stack = hostStack(context.options.stack);
  const hosts = hostsOf(stack);
  let declined = false;
  const evidence = await runChosenDrill(context, { stack, hosts }, () => {
    declined = true;
  });
  const directory = givenPath(output ?? join(".report", "drill", evidence.startedAt.slice(0, 19).replaceAll(":", "")));
  writeEvidence(directory, evidence, alertBound(hosts));
  for (const line of formatTargets(evidence)) context.say(line);
  context.say(`evidence: ${directory}`);
  if (json) writeDocument(context, evidence);
  if (declined || context.signal.aborted) return cancelledOutcome(context, "what was done is in the evidence");
  return outcomeOf(evidence);
}

/** @param decline is told that a question was answered with a no */
async function runChosenDrill(context: Context, target: DrillTarget, decline: () => void): Promise<DrillEvidence> {
  const { scenario = ["host-loss"], keep = false, quick = false, real = false, yes = false } = context.options;
  const request = {
    ...target,
    scenarios: chosenScenarios(scenario),
    runs: givenNumber(context, "runs", 1),
    seed: givenNumber(context, "seed", 1),
    options: quick ? quickOptions : fullOptions,
    say: context.say,
    signal: context.signal,
  };
  try {
    if (real) {
      if (!yes) requireTerminal({ withoutAsking });
      const ask = async (what: string) => {
        const agreed = yes || (await confirmStep(what));
        if (!agreed) decline();
        return agreed;
      };
      return await runRealDrill({ ...request, ask, keep, sshUser: process.env.DRILL_SSH_USER });
    }
    return await runLocalDrill({ ...request, cache: join(projectRoot, ".drill"), scale, keep });
  } catch (error) {
    if (context.signal.aborted) throw new CommandError(exitCodes.cancelled, "nothing was measured");
    if (error instanceof UnreachableHostError)
      throw new CommandError(unreachableExitCodes[error.reason], error.message);
    if (error instanceof DrillError) throw new CommandError(exitCodes.error, error.message);
    throw error;
  }
}

const withoutAsking = "npm run drill -- --real --yes";

const unreachableExitCodes: Readonly<Record<Unreachable, ExitCode>> = {
  authentication: exitCodes.authentication,
  timeout: exitCodes.timeout,
  other: exitCodes.error,
};

function confirmStep(what: string): Promise<boolean> {
  return confirm({
    question: `The drill is about to ${what}`,
    answer: "yes",
    withoutAsking,
  });
}

const fullOptions: ScenarioOptions = { steadySeconds: 45, outageSeconds: 60, watchSeconds: 2 };
const quickOptions: ScenarioOptions = { steadySeconds: 10, outageSeconds: 30, watchSeconds: 1 };

function chosenScenarios(names: readonly string[]) {
  try {
    return findScenarios(names);
  } catch (error) {
    throw new CommandError(exitCodes.badConfiguration, `--scenario: ${error instanceof Error ? error.message : error}`);
  }
}

function givenNumber({ options }: Context, name: "runs" | "seed", otherwise: number): number {
  const text = options[name];
  return text === undefined ? otherwise : wholeNumber(`--${name}`, text, { least: 1, most: 999_999 });
}

function outcomeOf(evidence: DrillEvidence): Outcome {
  const checks = listChecks(evidence);
  const failed = checks.filter(({ passed }) => !passed).length;
  const open = evidence.runs.flatMap(({ notChecked = [] }) => notChecked).length;
  const skipped = `${open === 0 ? "" : `, ${open} not made`}${evidence.skipped.length === 0 ? "" : `, ${evidence.skipped.length} scenarios not done`}`;
  if (failed === 0 && checks.length > 0) return done(`${checks.length} checks passed${skipped}`);
  return { exitCode: exitCodes.error, summary: `${failed} of ${checks.length} checks failed${skipped}` };
}
