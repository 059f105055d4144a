import { availableParallelism, loadavg } from "node:os";
import { DrillError } from "../programs/drill-error";
import { litestreamVersion } from "../programs/litestream-program";
import type { DrillSite } from "./drill-site";
import type { DrillEvidence, Machine, RunEvidence } from "./evidence/evidence";
import { check } from "./evidence/evidence";
import { targetsOf } from "./evidence/targets";
import { oneWriterPerTerm } from "./phases/single-writer";
import { scenarios } from "./scenarios/all-scenarios";
import type { Scenario, ScenarioOptions, ScenarioOutcome } from "./scenarios/scenario";
import { Timeline } from "./timeline";

export interface DrillRequest {
  readonly kind: DrillSite["kind"];
  readonly scenarios: readonly Scenario[];
  readonly runs: number;
  readonly seed: number;
  readonly options: ScenarioOptions;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Makes hosts for one run of a scenario, and what removes them again. */
export type MakeSite = (
  scenario: Scenario,
  seed: number,
  timeline: Timeline,
) => Promise<{ readonly site: DrillSite; readonly remove: () => Promise<void> }>;

/** Does every scenario as often as was asked for, on hosts that are made anew each time. A failure is evidence, too, and ends its run only. */
export async function runDrill(request: DrillRequest, make: MakeSite): Promise<DrillEvidence> {
  const startedAt = new Date().toISOString();
  const machine = thisMachine();
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
  const targets = targetsOf(runs, request.options.steadySeconds);
  return { version: 1, hosts: request.kind, startedAt, finishedAt, machine, runs, targets, skipped };
}

async function runOnce(request: DrillRequest, scenario: Scenario, run: number, make: MakeSite): Promise<RunEvidence> {
  const seed = request.seed + run - 1;
  request.say(`\n${scenario.name}, run ${run} of ${request.runs}, seed ${seed}: ${scenario.description}`);
  const timeline = new Timeline(request.say);
  const outcome = await outcomeOf(request, scenario, seed, timeline, make);
  for (const { name, expected, measured, passed } of outcome.checks) {
    request.say(`  ${passed ? "passed" : "FAILED"}  ${name}: ${measured}${passed ? "" : ` (expected ${expected})`}`);
  }
  const startedAt = new Date(timeline.startedAt).toISOString();
  const seconds = (Date.now() - timeline.startedAt) / 1000;
  return { scenario: scenario.name, run, seed, startedAt, seconds, timeline: timeline.events, ...outcome };
}

async function outcomeOf(
  { options, signal }: DrillRequest,
  scenario: Scenario,
  seed: number,
  timeline: Timeline,
  make: MakeSite,
): Promise<ScenarioOutcome> {
  let remove = async (): Promise<void> => {};
  try {
    const made = await make(scenario, seed, timeline);
    remove = made.remove;
    return await orInterrupted(endOf(scenario, made.site, options), signal);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    timeline.note("drill", why.split("\n")[0] ?? "");
    return { databases: [], checks: [check("ends in its documented state", scenario.endState, why, false)] };
  } finally {
    await remove();
  }
}

/** The scenario, and what must be so after each: it is asked where the store is the drill's own. */
async function endOf(scenario: Scenario, site: DrillSite, options: ScenarioOptions): Promise<ScenarioOutcome> {
  const outcome = await scenario.run(site, options);
  if (site.local === undefined) return outcome;
  return { ...outcome, checks: [...outcome.checks, await oneWriterPerTerm(site, await site.local.terms())] };
}

/** Whatever a scenario waits for, an interrupt ends it, so that its hosts are removed. */
function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const interrupted = () => reject(new DrillError("interrupted"));
    if (signal.aborted) interrupted();
    signal.addEventListener("abort", interrupted, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", interrupted));
  });
}

function thisMachine(): Machine {
  const [load = 0] = loadavg();
  const { platform, version } = process;
  return { platform, cores: availableParallelism(), load, node: version.slice(1), litestream: litestreamVersion };
}

/** The scenarios with these names. @throws naming those that there are */
export function scenariosNamed(names: readonly string[]): readonly Scenario[] {
  if (names.includes("all")) return scenarios;
  return names.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found !== undefined) return found;
    throw new Error(`no scenario "${name}"; there are all, ${scenarios.map((one) => one.name).join(", ")}`);
  });
}
