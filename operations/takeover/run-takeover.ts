import { runSteps, type StepRecord, until } from "../../programs/host/failover/failover-step";
import type { Refusal } from "../../programs/host/failover/refusals";
import { HostError, type HostExitCode, hostExitCodes } from "../../programs/host/host-exit-codes";
import { isAsWanted, planTakeover, secondsBehind, type TakeoverRequest, type TakeoverStep } from "./plan-takeover";
import { type AppState, observe, type Side, type TakeoverCloud, type TakeoverPlaces } from "./takeover-cloud";

/** One run of a takeover, as it is kept and printed with `--json`. Times are ISO 8601, UTC. */
export interface TakeoverEvidence {
  readonly version: 1;
  readonly from: string;
  readonly to: string;
  readonly request: TakeoverRequest;
  readonly dryRun: boolean;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
  /** What was left to do when it began. */
  readonly planned: readonly TakeoverStep[];
  readonly steps: readonly StepRecord<TakeoverStep>[];
  /** What the database was behind when this run promoted it; undefined when it did not, or nobody could tell. */
  readonly lostSeconds: number | undefined;
  readonly exitCode: HostExitCode;
  readonly outcome: string;
}

/** How a takeover talks with the person who ordered it. */
export interface TakeoverPeople {
  readonly say: (line: string) => void;
  /** Shows what will be done and asks; no: nothing was done. */
  readonly agree: (steps: readonly TakeoverStep[]) => Promise<boolean>;
}

interface StepContext {
  readonly cloud: TakeoverCloud;
  readonly places: TakeoverPlaces;
  readonly request: TakeoverRequest;
  readonly signal: AbortSignal;
}

/** Milliseconds between two questions while a step waits. */
const pollMs = 5000;

/**
 * Makes the other region serve: checks, stops who writes in the one that served, promotes the database, lets objects be written, wakes
 * the apps, switches the edge, verifies.
 *
 * It keeps no journal: what is left to do is read from the clouds, so that the same call goes on after an interruption at any point.
 *
 * @returns what happened, step by step. Errors that a person can act on are in it and not thrown
 */
export async function runTakeover(
  context: StepContext,
  { say, agree }: TakeoverPeople,
  dryRun = false,
): Promise<TakeoverEvidence> {
  const { cloud, places, request, signal } = context;
  const startedAt = cloud.clock.now().toISOString();
  const seen = await observe(cloud, places);
  const plan = planTakeover(request, places, seen);
  const [planned, warnings, refusals] =
    plan.kind === "refused" ? [[], [], plan.refusals] : [plan.steps, plan.warnings, []];
  const end = (ending: Pick<TakeoverEvidence, "exitCode" | "outcome"> & Partial<TakeoverEvidence>) => ({
    ...{ version: 1 as const, from: places.from.stack, to: places.to.stack, request, dryRun, startedAt },
    ...{ endedAt: cloud.clock.now().toISOString(), refusals, warnings, planned, steps: [], lostSeconds: undefined },
    ...ending,
  });
  for (const { why, override } of refusals) say(`refused: ${why}${override === undefined ? "" : `\n    ${override}`}`);
  for (const warning of warnings) say(`warning: ${warning}`);
  const { done, cancelled, refused } = hostExitCodes;
  if (refusals.length > 0) return end({ exitCode: refused, outcome: "refused; nothing was changed" });
  if (planned.length === 0) return end({ exitCode: done, outcome: `nothing to do: ${places.to.stack} serves` });
  if (dryRun) {
    for (const step of planned) say(`would: ${step}`);
    return end({ exitCode: done, outcome: `dry run: ${planned.length} steps, nothing was changed` });
  }
  if (!(await agree(planned))) return end({ exitCode: cancelled, outcome: "not confirmed; nothing was changed" });
  const { stoppedAt, ...ran } = await runSteps(planned, {
    work: (step) => asHostError(() => steps[step](context)),
    isOptional: () => false,
    now: () => cloud.clock.now(),
    signal,
    say,
  });
  const promoted = ran.steps.some(({ step, outcome }) => step === "promote the replica" && outcome === "done");
  const behind = request.planned ? 0 : secondsBehind(seen);
  const outcome =
    stoppedAt === undefined
      ? `${places.to.stack} serves`
      : `stopped at "${stoppedAt}"; the same command again goes on from here`;
  return end({ ...ran, outcome, lostSeconds: promoted ? behind : undefined });
}

async function asHostError(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HostError) throw error;
    throw new HostError(hostExitCodes.resource, error instanceof Error ? error.message : String(error));
  }
}

function limitsOf({ cloud, request, signal }: StepContext) {
  return { signal, timeoutSeconds: request.timeoutSeconds, pollMs, clock: cloud.clock };
}

/** Each looks first what is left to do of it, which may be nothing, and says what it found or did. */
const steps: Readonly<Record<TakeoverStep, (context: StepContext) => Promise<string>>> = {
  "stop the other region's apps": async ({ cloud, places: { from }, request }) => {
    const { done, failed } = await forEachApp(cloud, from, async ({ id }, { runs }) => {
      if (runs) await cloud.stopApp(id);
      return "stopped";
    });
    if (failed.length === 0) return done.join(", ");
    if (request.planned) throw new HostError(hostExitCodes.resource, failed.join("; "));
    return [...done, ...failed, `${from.stack} may still write to what only it uses; its database takes none`].join(
      "; ",
    );
  },
  // The measurement may be from before the apps stopped. A planned promotion waits for the rest; this keeps it short.
  "wait until nothing is behind": (context) =>
    until(limitsOf(context), async () => {
      const behind = await context.cloud.bytesBehind(context.places.from.serverId);
      if (behind === undefined) return { waitingFor: "Azure has not measured how far the replica is behind" };
      return behind === 0 ? { found: "nothing is behind" } : { waitingFor: `the replica is ${behind} bytes behind` };
    }),
  "promote the replica": async (context) => {
    const { cloud, places, request } = context;
    const { serverId } = places.to;
    if ((await cloud.server(serverId)).role === "AsyncReplica")
      await cloud.promote(serverId, request.planned ? "Planned" : "Forced");
    return until(limitsOf(context), async () => {
      const { role, state } = await cloud.server(serverId);
      const isReady = role === "Primary" && state === "Ready";
      return isReady ? { found: "it takes writes" } : { waitingFor: `the server is ${role} and ${state}` };
    });
  },
  "end the copying of objects": async ({ cloud, places: { objects = "" } }) => {
    const policies = await cloud.copyPolicies(objects);
    for (const policy of policies) await cloud.endCopying(objects, policy);
    return policies.length === 0 ? "nothing is copied" : "the copies take writes";
  },
  "wake the apps": async ({ cloud, places: { to }, request }) => {
    const { done, failed } = await forEachApp(cloud, to, async ({ id, awake }, app) => {
      await makeRun(cloud, id, app, awake);
      return `${awake ?? app.least} replicas`;
    });
    if (failed.length === 0 || request.accepted.capacity) return [...done, ...failed].join(", ");
    throw new HostError(hostExitCodes.resource, failed.join("; "));
  },
  "switch the edge": async ({ cloud, places: { balancers } }) => {
    for (const balancer of balancers) {
      const order = await cloud.poolOrder(balancer);
      const others = order.filter((pool) => pool !== balancer.to);
      if (order[0] !== balancer.to) await cloud.setPoolOrder(balancer, [balancer.to, ...others]);
    }
    return balancers.map(({ name }) => name).join(", ");
  },
  "put the standby to rest": async ({ cloud, places: { from } }) => {
    const { done, failed } = await forEachApp(cloud, from, async ({ id, asleep }, app) => {
      await makeRun(cloud, id, app, asleep);
      return `${asleep ?? app.least} replicas`;
    });
    if (failed.length > 0) throw new HostError(hostExitCodes.resource, failed.join("; "));
    return done.join(", ");
  },
  verify: async (context) => {
    const { cloud, places } = context;
    const { role } = await cloud.server(places.to.serverId);
    if (role !== "Primary")
      throw new HostError(hostExitCodes.resource, `the database of ${places.to.stack} is ${role}`);
    return until(limitsOf(context), async () => {
      const answers = await Promise.all(
        places.balancers.map(async ({ healthUrl }) => ({ healthUrl, status: await cloud.statusOf(healthUrl) })),
      );
      const wrong = answers.filter(({ status }) => status !== 200);
      if (wrong.length === 0) return { found: answers.map(({ healthUrl }) => `${healthUrl} answers 200`).join(", ") };
      return { waitingFor: wrong.map(({ healthUrl, status }) => `${healthUrl} answers ${status}`).join("; ") };
    });
  },
};

async function makeRun(cloud: TakeoverCloud, id: string, app: AppState, least: number | undefined): Promise<void> {
  if (isAsWanted(app, least)) return;
  if (!app.runs) await cloud.startApp(id);
  if (least !== undefined && app.least !== least) await cloud.setLeastReplicas(id, least);
}

/** All at once; one that fails keeps no other from its turn. */
async function forEachApp(
  cloud: TakeoverCloud,
  { apps }: Side,
  work: (app: Side["apps"][number], state: AppState) => Promise<string>,
): Promise<{ readonly done: readonly string[]; readonly failed: readonly string[] }> {
  const ended = await Promise.allSettled(apps.map(async (app) => work(app, await cloud.app(app.id))));
  const texts = ended.map((end, index) => {
    const what = end.status === "fulfilled" ? end.value : end.reason instanceof Error ? end.reason.message : end.reason;
    return { text: `${apps[index]?.name}: ${what}`, isDone: end.status === "fulfilled" };
  });
  return {
    done: texts.flatMap(({ text, isDone }) => (isDone ? [text] : [])),
    failed: texts.flatMap(({ text, isDone }) => (isDone ? [] : [text])),
  };
}

/** How long a part took, from the order of the first of the runs that it needed, beside what the inventory promises. */
export interface MeasuredPart {
  readonly part: string;
  /** Undefined when it was there already, or is not there yet. */
  readonly seconds: number | undefined;
  readonly promised: number | undefined;
}

/** The step that ends each part of the inventory's `recovery`. */
const endOf: Readonly<Record<string, TakeoverStep>> = {
  api: "switch the edge",
  database: "promote the replica",
  objects: "end the copying of objects",
  everything: "verify",
};

/**
 * What the runs of one takeover took together, with the time in between.
 *
 * @param runs in their order; the last one is not interrupted
 * @param recovery of {@link TakeoverPlaces}
 */
export function measure(
  runs: readonly TakeoverEvidence[],
  recovery: TakeoverPlaces["recovery"],
): readonly MeasuredPart[] {
  const ended = new Map<TakeoverStep, number>();
  let before = 0;
  for (const [index, { startedAt, endedAt, steps: done }] of runs.entries()) {
    const previous = runs[index - 1];
    if (previous !== undefined) before += Math.max(0, secondsBetween(previous.endedAt, startedAt));
    for (const { step, outcome, endedAt: at } of done)
      if (outcome === "done") ended.set(step, before + secondsBetween(startedAt, at));
    before += secondsBetween(startedAt, endedAt);
  }
  return Object.entries(endOf).map(([part, step]) => ({
    ...{ part, seconds: ended.get(step), promised: recovery[part] },
  }));
}

function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

/** A run as a page, with what of the checklist of recovery drills a program can tell; the rest is left for people. */
export function reportPage(runs: readonly TakeoverEvidence[], recovery: TakeoverPlaces["recovery"]): string {
  const last = runs.at(-1);
  const parts = measure(runs, recovery);
  const lost = runs.find(({ lostSeconds }) => lostSeconds !== undefined)?.lostSeconds;
  const isDone = last?.exitCode === hostExitCodes.done;
  const isPromoted = parts.some(({ part, seconds }) => part === "database" && seconds !== undefined);
  const isWithin = parts.every(({ seconds = 0, promised = seconds }) => seconds <= promised);
  const box = (isTrue: boolean, text: string) => `- [${isTrue ? "x" : " "}] ${text}`;
  return `${[
    `# Takeover from ${last?.from} to ${last?.to}`,
    `${last?.startedAt}: ${last?.outcome}. ${runs.length} runs.`,
    ["| Part | Took | Promised |", "|-|-|-|", ...parts.map(partRow)].join("\n"),
    `Written and not copied when the database was promoted: ${lost === undefined ? "not known" : `${lost} s`}; ${recovery.lost ?? "?"} s may be lost.`,
    ["| Step | Took | What came of it |", "|-|-|-|", ...runs.flatMap(({ steps: done }) => done.map(stepRow))].join(
      "\n",
    ),
    [
      box(false, "People who use it were told"),
      box(isPromoted || isDone, "The database takes writes"),
      box(isDone, "The names of the load balancers answer 200"),
      box(false, "Everything that matters to users was tried"),
      box(isDone && isWithin, "Within the times that are promised"),
      box(lost !== undefined && lost <= (recovery.lost ?? 0), "Within the loss that is promised"),
      box(lost === 0, "No data of the database was lost"),
      box(false, "Objects from before the loss are all there"),
      box(false, "High availability and backups of the new primary"),
      box(false, "What went wrong is written down, and has somebody who repairs it"),
    ].join("\n"),
  ].join("\n\n")}\n`;
}

function partRow({ part, seconds, promised }: MeasuredPart): string {
  return `| ${part} | ${seconds === undefined ? "–" : minutes(seconds)} | ${promised === undefined ? "–" : minutes(promised)} |`;
}

function stepRow({ step, startedAt, endedAt, outcome, detail }: StepRecord<TakeoverStep>): string {
  const text = `${outcome === "done" ? "" : "failed: "}${detail}`.replaceAll("|", "\\|").replaceAll("\n", " ");
  return `| ${step} | ${minutes(secondsBetween(startedAt, endedAt))} | ${text} |`;
}

/** @example minutes(185) // "3 min 5 s" */
function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min${whole % 60 === 0 ? "" : ` ${whole % 60} s`}`;
}
