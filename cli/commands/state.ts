import { printable } from "../../deployment/display/terminal";
import { treeType, urnName, urnType } from "../../deployment/display/urn-text";
import { differenceOfStates, type StateDifference, type StateVersion } from "../../operations/state/state-versions";
import {
  type CommandContext,
  cancelledOutcome,
  commandLine,
  defineCommand,
  done,
  neverDeployedError,
  type Outcome,
  writeDocument,
} from "../command";
import { confirm, requireTerminal } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { badOption } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";

const options = {
  ...sharedOption("stack", "engine", "cwd", "json", "dryRun", "yes"),
  restore: {
    flags: "--restore <version>",
    description: "make this version the state again, after showing what that changes",
  },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "List what a stack's state was after each operation, or make one of these the state again. Clouds are not touched.",
  options,
  examples: [
    "npm run state -- --stack prod",
    "npm run state -- --stack prod --restore prod-1796000129019291875 --dry-run",
    "npm run -s state -- --stack prod --json",
  ],
  stack: "named",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { restore } = context.options;
  const engine = await context.open();
  try {
    const versions = await engine.states.list();
    if (versions.length === 0) throw neverDeployedError(context);
    return await (restore === undefined ? list(context, versions) : restoreVersion(context, engine, versions, restore));
  } finally {
    await engine.close();
  }
}

function list(context: Context, versions: readonly StateVersion[]): Outcome {
  if (context.options.json === true) writeDocument(context, versions);
  else for (const { id, at, kind, result } of versions) context.say(printable(`  ${id}  ${at}  ${kind} ${result}`));
  return done(`${versions.length} ${versions.length === 1 ? "version" : "versions"}, the newest first`);
}

async function restoreVersion(
  context: Context,
  engine: DeploymentEngine,
  versions: readonly StateVersion[],
  id: string,
): Promise<Outcome> {
  const version = versions.find((each) => each.id === id);
  if (version === undefined)
    throw badOption(`there is no version "${id}"; npm run state -- --stack ${context.stack} lists them`);
  const withoutAsking = commandLine(context, "state", `--restore ${id}`, "--yes");
  const { dryRun = false, yes = false, json = false } = context.options;
  if (!dryRun && !yes) requireTerminal({ withoutAsking });
  await engine.requireUnlocked();
  const earlier = await engine.states.read(id);
  const difference = differenceOfStates(await engine.exportedState(), earlier);
  if (json) writeDocument(context, { version, ...difference });
  else for (const line of differenceLines(difference)) context.say(line);
  if (dryRun) return done(`nothing was restored: ${countOf(difference)}`);
  const question = `Make the state of ${context.stack} what it was on ${version.at}`;
  if (!yes && !(await confirm({ question, answer: context.stack, withoutAsking })))
    return cancelledOutcome(context, "nothing was restored");
  await engine.states.restore(earlier);
  const next = commandLine(context, "refresh");
  return done(`restored: ${countOf(difference)}. What is in the clouds may be newer; next:\n    ${next}`);
}

function countOf({ forgotten, remembered, replaced }: StateDifference): string {
  return `${forgotten.length} forgotten, ${remembered.length} remembered, ${replaced.length} with another id`;
}

function differenceLines({ forgotten, remembered, replaced }: StateDifference): readonly string[] {
  const part = (title: string, urns: readonly string[]) =>
    urns.length === 0 ? [] : [title, ...urns.map((urn) => `  ${treeType(urnType(urn), false)} ${urnName(urn)}`)];
  return [
    ...part("Forgotten: it stays in the clouds, and no state has it", forgotten),
    ...part("Remembered: the next up takes it for there", remembered),
    ...part("With the id that it had: it was replaced since", replaced),
  ].map(printable);
}
