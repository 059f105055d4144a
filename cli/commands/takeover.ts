import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { environmentSecrets } from "../../deployment/values/secret-texts";
import { writeAtomically } from "../../lib/atomic-file";
import type { TakeoverRequest, TakeoverStep } from "../../operations/takeover/plan-takeover";
import { reportPage, runTakeover, type TakeoverEvidence } from "../../operations/takeover/run-takeover";
import { findPlaces, type TakeoverPlaces } from "../../operations/takeover/takeover-cloud";
import { stackDefinition } from "../../stacks/registry";
import {
  type CommandContext,
  cancelledOutcome,
  commandLine,
  defineCommand,
  type Outcome,
  writeDocument,
} from "../command";
import { confirm, requireTerminal } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { badOption, CommandError, exitCodes } from "../exit-codes";
import { takeMachineLock } from "../machine-lock";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { givenPath } from "../project-root";
import { wholeNumber } from "../whole-number";

const options = {
  ...sharedOption("stack", "engine", "cwd", "dryRun", "yes", "json", "output"),
  planned: { flags: "--planned", description: "the other region's apps stop and everything is sent: nothing is lost" },
  back: { flags: "--back", description: "planned, to the stack that this one stands by for" },
  timeout: { flags: "--timeout <seconds>", description: "how long a step may wait", default: 3600 },
  acceptLag: { flags: "--accept-lag <seconds>", description: "give up what was written in this time" },
  primaryIsLost: {
    flags: "--primary-is-lost",
    description: "replace a primary that answers; what it has not sent is gone",
  },
  acceptImages: { flags: "--accept-images", description: "start apps although their images differ or are missing" },
  acceptCapacity: { flags: "--accept-capacity", description: "start as many replicas as there is room for" },
  acceptObjects: {
    flags: "--accept-objects",
    description: "with --back: objects that were written meanwhile are copied",
  },
  withoutEdge: { flags: "--without-edge", description: "leave the load balancers alone: they are switched by hand" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Make a standby's region serve: check, stop who writes, promote the database, wake the apps, switch the edge, verify. The same command goes on after an interruption. docs/takeover.md says more.",
  options,
  examples: [
    "npm run takeover -- --stack latticeforge-dr --dry-run",
    "npm run takeover -- --stack latticeforge-dr",
    "npm run takeover -- --stack latticeforge-dr --planned",
    "npm run takeover -- --stack latticeforge-dr --back --accept-objects",
  ],
  stack: "named",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { yes = false, dryRun = false, json = false, back = false, output } = context.options;
  const request = requestOf(context);
  if (!yes && !dryRun) requireTerminal({ withoutAsking: commandLine(context, "takeover", "--yes") });
  const [primaryStack] = stackDefinition(context.stack).readsFrom;
  if (primaryStack === undefined) throw badOption(`${context.stack} stands by for no other stack`);
  const directory = givenPath(output ?? join(".report", context.stack, "takeover"));
  // From two machines each step is done once all the same.
  const release = takeMachineLock(join(directory, "takeover.lock"), "takeover", `the takeover of ${context.stack}`);
  const engines: DeploymentEngine[] = [];
  try {
    const open = async (stack?: string) => {
      const engine = await context.open(stack);
      engines.push(engine);
      return engine;
    };
    const [standby, primary] = [await open(), await open(primaryStack)];
    // A deployment that runs would write what a takeover changes.
    if (!dryRun) for (const engine of engines) await engine.requireUnlocked();
    const places = await placesOf(standby, primary, back);
    const told = await runTakeover(
      { cloud: standby.takeover, places, request, signal: context.signal },
      { say: (line) => context.say(line), agree: (steps) => agree(context, places, steps) },
      dryRun,
    );
    // It is kept, too.
    const evidence = environmentSecrets().maskedValue(told);
    if (evidence.steps.length > 0) context.say(`evidence: ${keepEvidence(directory, evidence, places)}`);
    if (json) writeDocument(context, evidence);
    const { exitCode, outcome } = evidence;
    if (exitCode === exitCodes.cancelled) return cancelledOutcome(context, outcome);
    return { exitCode, summary: exitCode === exitCodes.done ? outcome : `${outcome}, exit code ${exitCode}` };
  } finally {
    for (const engine of engines) await engine.close();
    release();
  }
}

/** @throws {CommandError} when an option is wrong, or contradicts another */
function requestOf({ options: given }: Context): TakeoverRequest {
  const { back = false, primaryIsLost = false, withoutEdge = false } = given;
  const planned = back || given.planned === true;
  const [timeoutSeconds = 3600, lagSeconds] = [
    secondsOf("--timeout", given.timeout),
    secondsOf("--accept-lag", given.acceptLag),
  ];
  if (primaryIsLost && planned)
    throw badOption("a lost primary cannot hand over: --primary-is-lost or --planned, not both; --back is planned");
  return {
    planned,
    timeoutSeconds,
    accepted: {
      lagSeconds,
      primaryIsLost,
      withoutEdge,
      images: given.acceptImages === true,
      capacity: given.acceptCapacity === true,
      objects: given.acceptObjects === true,
    },
  };
}

function secondsOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return wholeNumber(flag, text, { least: 0, most: 86_400 });
}

async function placesOf(standby: DeploymentEngine, primary: DeploymentEngine, back: boolean): Promise<TakeoverPlaces> {
  const [ofStandby, ofPrimary] = await Promise.all(
    [standby, primary].map(async (engine) => ({
      stack: engine.stack,
      environment: stackDefinition(engine.stack).environment,
      outputs: await engine.outputs(false),
    })),
  );
  if (ofStandby === undefined || ofPrimary === undefined) throw new Error("two stacks have two outputs");
  const places = findPlaces(ofStandby, ofPrimary, back);
  if (!Array.isArray(places)) return places;
  throw new CommandError(exitCodes.stackNotFound, places.join("\n"));
}

async function agree(context: Context, { to }: TakeoverPlaces, steps: readonly TakeoverStep[]): Promise<boolean> {
  for (const step of steps) context.say(`will: ${step}`);
  if (context.options.yes === true) return true;
  const withoutAsking = commandLine(context, "takeover", "--yes");
  return confirm({ question: `Make ${to.stack} serve`, answer: to.stack, withoutAsking });
}

/** Keeps a run, and a page of all runs that the takeover has needed so far. */
function keepEvidence(directory: string, evidence: TakeoverEvidence, { recovery }: TakeoverPlaces): string {
  const file = join(directory, `${evidence.startedAt.replaceAll(/[:.]/g, "-")}-to-${evidence.to}`);
  const runs = [...unfinishedRuns(directory, evidence.to), evidence];
  writeAtomically(`${file}.json`, `${JSON.stringify(evidence, undefined, 2)}\n`);
  writeAtomically(`${file}.md`, reportPage(runs, recovery));
  return `${file}.md`;
}

/** The runs after the last one that came to its end: this one goes on with them. */
function unfinishedRuns(directory: string, to: string): readonly TakeoverEvidence[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.endsWith(`-to-${to}.json`));
  const runs = names.sort().map((name): TakeoverEvidence => JSON.parse(readFileSync(join(directory, name), "utf8")));
  return runs.slice(runs.findLastIndex(({ exitCode }) => exitCode === exitCodes.done) + 1);
}
