import { availableParallelism, loadavg } from "node:os";
import type { StackDefinition } from "../../stacks/registry";
import type { SystemHosts } from "../../stacks/system-hosts";
import { DrillError } from "../programs/external-program";
import { litestreamVersion } from "../programs/litestream-program";
import type { DrillSite } from "./drill-site";
import { check, type DrillEvidence, type Machine, type RunEvidence, Timeline } from "./evidence/drill-evidence";
import { checkTargets } from "./evidence/drill-targets";
import { checkOneWriterPerTerm } from "./phases/kept-rows";
import { agentCrash } from "./scenarios/agent-crash";
import { clockSkew } from "./scenarios/clock-skew";
import { corruptedSegment } from "./scenarios/corrupted-segment";
import { deletion } from "./scenarios/deletion";
import { fullDisk } from "./scenarios/full-disk";
import { hostLoss } from "./scenarios/host-loss";
import { ransomware } from "./scenarios/ransomware";
import type { Scenario, ScenarioOptions, ScenarioOutcome } from "./scenarios/scenario";
import { splitBrain } from "./scenarios/split-brain";
import { stalledFollower } from "./scenarios/stalled-follower";
import { storeOutage } from "./scenarios/store-outage";
import { vaultDown } from "./scenarios/vault-down";

/** Whose hosts a drill is about. */
export interface DrillTarget {
  /** The stack that installs on them. */
  readonly stack: Pick<StackDefinition, "name" | "readsFrom">;
  readonly hosts: SystemHosts;
}

export interface DrillRequest {
  readonly kind: DrillSite["kind"];
  readonly scenarios: readonly Scenario[];
  readonly runs: number;
  readonly seed: number;
  readonly options: ScenarioOptions;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Hosts for one run of a scenario. */
export interface MadeSite {
  readonly site: DrillSite;
  /** Removes what was made for the run. What it throws is evidence: something is left. */
  readonly remove: () => Promise<void>;
  /** How long a step that runs may take to end after an interrupt, before hosts are removed. Seconds. @default 0 */
  readonly patienceSeconds?: number;
}

export type MakeSite = (scenario: Scenario, seed: number, timeline: Timeline) => Promise<MadeSite>;

/** Does every scenario as often as was asked for, on hosts that are made anew each time. A failure is evidence, too, and ends its run only. */
export async function runDrill(request: DrillRequest, make: MakeSite): Promise<DrillEvidence> {
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const runs: RunEvidence[] = [];
  const skipped: { scenario: string; why: string }[] = [];
  for (const scenario of request.scenarios) {
    const why = scenario.hindrance({ kind: request.kind });
    if (why !== undefined) {
      skipped.push({ scenario: scenario.name, why });
      request.say(`${scenario.name}: not done: ${why}`);
      continue;
    }
    for (let run = 1; run <= request.runs && !request.signal.aborted; run += 1) {
      runs.push(await runOnce(request, scenario, run, make));
    }
  }
  const finishedAt = new Date().toISOString();
  const targets = checkTargets(runs, request.options.steadySeconds);
  return { version: 1, hosts: request.kind, startedAt, finishedAt, machine, runs, targets, skipped };
}

async function runOnce(request: DrillRequest, scenario: Scenario, run: number, make: MakeSite): Promise<RunEvidence> {
  const seed = request.seed + run - 1;
  request.say(`\n${scenario.name}, run ${run} of ${request.runs}, seed ${seed}: ${scenario.description}`);
  const timeline = new Timeline(request.say);
  const outcome = await attemptScenario(request, scenario, seed, timeline, make);
  for (const { name, expected, measured, passed } of outcome.checks) {
    request.say(`  ${passed ? "passed" : "FAILED"}  ${name}: ${measured}${passed ? "" : ` (expected ${expected})`}`);
  }
  for (const { name, why } of outcome.notChecked ?? []) request.say(`  not checked  ${name}: ${why}`);
  const startedAt = new Date(timeline.startedAt).toISOString();
  const seconds = (Date.now() - timeline.startedAt) / 1000;
  return { scenario: scenario.name, run, seed, startedAt, seconds, timeline: timeline.events, ...outcome };
}

async function attemptScenario(
  { options, signal }: DrillRequest,
  scenario: Scenario,
  seed: number,
  timeline: Timeline,
  make: MakeSite,
): Promise<ScenarioOutcome> {
  let made: MadeSite | undefined;
  let outcome: ScenarioOutcome;
  try {
    made = await make(scenario, seed, timeline);
    outcome = await endOnInterrupt(runScenario(scenario, made.site, options), signal, made.patienceSeconds);
  } catch (error) {
    const why = messageOf(error);
    timeline.note("drill", why.split("\n")[0] ?? "");
    outcome = { databases: [], checks: [check("ends in its documented state", scenario.endState, why, false)] };
  }
  const left = await made?.remove().then(() => undefined, messageOf);
  if (left === undefined) return outcome;
  return { ...outcome, checks: [...outcome.checks, check("nothing of the drill is left", "nothing", left, false)] };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The scenario, and what must be so after each: it is asked where the store is the drill's own. */
async function runScenario(scenario: Scenario, site: DrillSite, options: ScenarioOptions): Promise<ScenarioOutcome> {
  const outcome = await scenario.run(site, options);
  if (site.local === undefined) return outcome;
  return { ...outcome, checks: [...outcome.checks, await checkOneWriterPerTerm(site, await site.local.terms())] };
}

/** Whatever a scenario waits for, an interrupt ends it, so that its hosts are removed; the step that runs may end before. */
export function endOnInterrupt<T>(work: Promise<T>, signal: AbortSignal, patienceSeconds = 0): Promise<T> {
  return new Promise((resolve, reject) => {
    let impatience: NodeJS.Timeout | undefined;
    const interrupted = () => {
      impatience = setTimeout(() => reject(new DrillError("interrupted")), patienceSeconds * 1000);
    };
    if (signal.aborted) interrupted();
    signal.addEventListener("abort", interrupted, { once: true });
    work
      .then(resolve, (error: unknown) =>
        reject(isOwn(error) || !signal.aborted ? error : new DrillError("interrupted")),
      )
      .finally(() => {
        clearTimeout(impatience);
        signal.removeEventListener("abort", interrupted);
      });
  });
}

const isOwn = (error: unknown): boolean => error instanceof DrillError;

function describeMachine(): Machine {
  const [load = 0] = loadavg();
  const { platform, version } = process;
  return { platform, cores: availableParallelism(), load, node: version.slice(1), litestream: litestreamVersion };
}

/** The scenarios with these names. @throws naming those that there are */
export function findScenarios(names: readonly string[]): readonly Scenario[] {
  if (names.includes("all")) return scenarios;
  return names.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found !== undefined) return found;
    throw new Error(`no scenario "${name}"; there are all, ${scenarios.map((one) => one.name).join(", ")}`);
  });
}

/** Everything that a drill can do. The first is what it does when nothing is said. */
export const scenarios: readonly Scenario[] = [
  hostLoss,
  agentCrash,
  storeOutage,
  stalledFollower,
  corruptedSegment,
  fullDisk,
  clockSkew,
  splitBrain,
  deletion,
  ransomware,
  vaultDown,
];
