import { parseDuration } from "../../lib/duration";
import { deployedServices } from "../../operations/delivery/app-traffic";
import { readDeployedResources } from "../../operations/drift/deployment-state";
import { openerOf, type SuppressionWindow, sameRule } from "../../operations/maintenance/alert-processing";
import {
  closeWindow,
  isOpen,
  type KeptBack,
  listWindows,
  openWindow,
} from "../../operations/maintenance/maintenance-window";
import { longestSeconds, planWindow } from "../../operations/maintenance/plan-window";
import { tellChannel, windowLine } from "../../operations/maintenance/tell-windows";
import { releaseChannel, sayKeptBack, whoAsks } from "../carry-out-release";
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
import { confirm } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { badOption, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";

const options = {
  ...sharedOption("stack", "engine", "cwd", "json", "yes"),
  service: { flags: "--service <name>", description: "an app; can be repeated", repeatable: true },
  all: { flags: "--all", description: "everything in the stack's resource groups" },
  for: { flags: "--for <duration>", description: "how long from now on, a day at most" },
  reason: { flags: "--reason <text>", description: "why; people read it in the rule, in status and in the channel" },
  critical: {
    flags: "--critical",
    description: "keep critical alerts back, too: nobody is paged (default: they are told)",
  },
  end: {
    flags: "--end",
    description: "close windows, and tell what began in them and stays (default: all of the stack)",
  },
  list: { flags: "--list", description: "the windows that are open, or that nobody closed" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Keep a stack's warnings from telling people for a while, and tell them afterwards what stays. docs/daily.md says more.",
  options,
  examples: [
    'npm run maintenance -- --stack latticeforge-prod --service api --for 2h --reason "the disk is moved"',
    'npm run maintenance -- --stack dev --all --for 30m --reason "restore drill" --yes',
    "npm run maintenance -- --stack latticeforge-prod --end",
    "npm run -s maintenance -- --stack latticeforge-prod --list --json",
  ],
  stack: "named",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const request = readRequest(context);
  const engine = await context.open();
  try {
    const place = await placeOf(context, engine);
    const windows = (await Promise.all(place.groups.map((group) => listWindows(engine.releases, group)))).flat();
    if (request.kind === "list") return list(context, engine, windows);
    const scopes = scopesOf(context, place);
    return request.kind === "end"
      ? await end(context, engine, windows, scopes)
      : await open(context, engine, windows, scopes, request);
  } finally {
    await engine.close();
  }
}

type Request =
  | { readonly kind: "list" }
  | { readonly kind: "end" }
  | { readonly kind: "open"; readonly seconds: number; readonly description: string };

/** @throws CommandError with everything that is wrong with the options */
function readRequest({ options: given }: Context): Request {
  const { service, all, end, list, for: length, reason = "", critical } = given;
  const problems: string[] = [];
  if (service !== undefined && all === true) problems.push("--service or --all, not both");
  if (list === true || end === true) {
    const stray = { "--for": length, "--reason": given.reason, "--critical": critical };
    const unused = Object.entries(stray).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
    if (list === true && end === true) problems.push("--list or --end, not both");
    if (list === true && (service !== undefined || all === true))
      problems.push("--list shows all of the stack's windows");
    if (unused.length > 0) problems.push(`${unused.join(", ")}: only to open a window; leave it out`);
    if (problems.length > 0) throw badOption(problems.join("\n"));
    return list === true ? { kind: "list" } : { kind: "end" };
  }
  const seconds = parseDuration(length ?? "");
  if (service === undefined && all !== true) problems.push("name what is worked on: --service NAME, or --all");
  if (seconds === undefined || seconds < 60 || seconds > longestSeconds)
    problems.push(`--for${length === undefined ? "" : ` ${length}`}: expected 1m to 24h, for example 2h`);
  if (reason.trim() === "") problems.push("--reason: say why; whoever misses an alert reads it");
  if (problems.length > 0 || seconds === undefined) throw badOption(problems.join("\n"));
  return { kind: "open", seconds, description: `${whoAsks()}: ${reason.trim()}` };
}

interface Place {
  readonly groups: readonly string[];
  /** The Azure ids of apps by their names. */
  readonly apps: ReadonlyMap<string, string>;
}

async function placeOf(context: Context, engine: DeploymentEngine): Promise<Place> {
  const state = await engine.exportedState();
  if (state === undefined) throw neverDeployedError(context);
  const groups = readDeployedResources(state).filter(
    ({ owned, type }) => owned && type === "azure-native:resources:ResourceGroup",
  );
  const apps = [...deployedServices(state).values()].filter(({ kind }) => kind === "app");
  return { groups: groups.map(({ id }) => id), apps: new Map(apps.map(({ name, id }) => [name, id])) };
}

/** What was named; undefined when nothing was. */
function scopesOf(
  { options: { service, all }, stack }: Context,
  { groups, apps }: Place,
): readonly string[] | undefined {
  if (all === true) return groups;
  const strangers = (service ?? []).filter((name) => !apps.has(name));
  if (strangers.length > 0)
    throw badOption(
      `--service ${strangers.join(", ")}: ${stack} has the apps ${[...apps.keys()].join(", ") || "none"}; what is told of jobs and databases is kept back by --all`,
    );
  return service && [...new Set(service)].flatMap((name) => apps.get(name) ?? []);
}

async function open(
  context: Context,
  engine: DeploymentEngine,
  windows: readonly SuppressionWindow[],
  scopes: readonly string[] = [],
  { seconds, description }: Extract<Request, { readonly kind: "open" }>,
): Promise<Outcome> {
  const critical = context.options.critical === true;
  const now = engine.releases.clock.now();
  const plans = scopes.map((scope) => planWindow({ scope, seconds, critical, description }, windows, now));
  const refusals = plans.filter((plan) => typeof plan === "string");
  if (refusals.length > 0) throw badOption(refusals.join("\n"));
  const planned = plans.filter((plan) => typeof plan !== "string");
  for (const window of planned) {
    context.say(`    ${windowLine(window)}`);
    const before = windows.find((one) => sameRule(one, window.id) && isOpen(one, now));
    if (before !== undefined) context.say(`        instead of: ${windowLine(before)}`);
  }
  if (!(await agree(context, critical))) return cancelledOutcome(context, "nothing was changed");
  const { worked: opened, failed } = await eachWindow(context, planned, async (window) => {
    // What a window kept back that nobody closed is told before another takes its place.
    const left = windows.find((one) => sameRule(one, window.id));
    if (left !== undefined && !isOpen(left, now)) await close(context, engine, left);
    await openWindow(engine.releases, window);
    return window;
  });
  const untold = await tellChannel(":no_bell:", opened.map(windowLine), releaseChannel(context.stack));
  if (untold !== undefined) context.say(`    ${untold}`);
  printJson(context, { opened, failed });
  if (failed.length > 0) return halfDone(`${opened.length} of ${planned.length} opened`);
  const later = commandLine({ ...context, options: { cwd: context.options.cwd } }, context.command, "--end");
  return done(
    `${opened.length} open; close with ${later}, which tells what stays: when a window ends by itself nobody is told`,
  );
}

/** People who do not want to be paged type the stack's name. */
async function agree(context: Context, critical: boolean): Promise<boolean> {
  if (context.options.yes === true) return true;
  return confirm({
    question: critical
      ? `Page nobody about stack ${context.stack}`
      : `Keep alerts of stack ${context.stack} from people`,
    answer: critical ? context.stack : "yes",
    withoutAsking: commandLine(context, context.command, "--yes"),
  });
}

/** Without a name everything is closed but what a release works in, which closes its own. */
async function end(
  context: Context,
  engine: DeploymentEngine,
  windows: readonly SuppressionWindow[],
  scopes: readonly string[] | undefined,
): Promise<Outcome> {
  const now = engine.releases.clock.now();
  const meant = windows.filter(
    (window) =>
      (openerOf(window) === "maintenance" || !isOpen(window, now)) &&
      scopes?.every((scope) => scope.toLowerCase() !== window.scope.toLowerCase()) !== true,
  );
  const { worked: closed, failed } = await eachWindow(context, meant, (window) => close(context, engine, window));
  printJson(context, { closed, failed });
  if (failed.length > 0) return halfDone(`${closed.length} of ${meant.length} closed`);
  if (closed.length === 0) return done("no window is open");
  const stays = closed.flatMap(({ alerts }) => alerts).length;
  return done(`${closed.length} closed; ${stays === 0 ? "nothing stays" : `${stays} alerts that nobody was told of`}`);
}

interface FailedWindow {
  /** The Azure id of what the window is about. */
  readonly scope: string;
  readonly why: string;
}

/** One window after the other. One that the cloud refuses keeps no other from it: what became of each is said. */
async function eachWindow<Result>(
  context: Context,
  windows: readonly SuppressionWindow[],
  work: (window: SuppressionWindow) => Promise<Result>,
): Promise<{ readonly worked: readonly Result[]; readonly failed: readonly FailedWindow[] }> {
  const [worked, failed]: [Result[], FailedWindow[]] = [[], []];
  for (const window of windows) {
    try {
      worked.push(await work(window));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failed.push({ scope: window.scope, why });
      context.say(`    ${window.scope.split("/").at(-1)}: ${why}`);
    }
  }
  return { worked, failed };
}

/** The same command goes on: what is open is opened until then, and what is closed is closed. */
function halfDone(what: string): Outcome {
  return { exitCode: exitCodes.resource, summary: `${what}, exit code ${exitCodes.resource}; run it again` };
}

function close(context: Context, { releases }: DeploymentEngine, window: SuppressionWindow): Promise<KeptBack> {
  return closeWindow({ ...releases, tellKeptBack: (found) => sayKeptBack(context, found) }, window);
}

function list(context: Context, engine: DeploymentEngine, windows: readonly SuppressionWindow[]): Outcome {
  const now = engine.releases.clock.now();
  for (const window of windows) context.say(`    ${isOpen(window, now) ? "" : "not closed: "}${windowLine(window)}`);
  printJson(context, { windows: windows.map((window) => ({ ...window, open: isOpen(window, now) })) });
  const count = windows.filter((window) => isOpen(window, now)).length;
  return done(count === 0 ? "no window is open" : `${count} open`);
}

function printJson(context: Context, document: object): void {
  if (context.options.json === true) writeDocument(context, { stack: context.stack, ...document });
}
