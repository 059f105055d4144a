import { hostExitCodes } from "../host-exit-codes";
import type { Evidence } from "./evidence";
import { situationOf } from "./evidence";
import type { FailoverRequest } from "./failover-options";
import { type FailoverStep, runSteps, type StepContext } from "./failover-step";
import { callHandoverOff, letCopiesCatchUp, requestHandover, takeLease, waitUntilFenced } from "./lease-steps";
import { type FailoverEnvironment, type FailoverObservation, observe } from "./observation";
import { planFailover, type StepName } from "./plan-failover";
import { routeInference, switchName, verify, waitForPromotion } from "./serving-steps";

const steps: Readonly<Record<StepName, FailoverStep>> = {
  "call the handover off": callHandoverOff,
  "ask the primary to hand over": requestHandover,
  "wait until the primary is fenced": waitUntilFenced,
  "let the copies catch up": letCopiesCatchUp,
  "take the lease": takeLease,
  "wait for the promotion": waitForPromotion,
  "switch the name": switchName,
  "route inference": routeInference,
  verify,
};

/** Data is worth more than models: what cannot be routed is reported, and the failover goes on. */
const optional: ReadonlySet<StepName> = new Set(["route inference"]);

/** How a failover talks with the person who ordered it. */
export interface FailoverPeople {
  readonly say: (line: string) => void;
  /** Shows what will be done and asks; no: nothing was done. */
  readonly agree: (plannedSteps: readonly StepName[]) => Promise<boolean>;
}

export interface FailoverOptions {
  /** Only says what would be done. Default: false */
  readonly dryRun?: boolean;
  /** Milliseconds between two polls while a step waits. Default: 500 */
  readonly pollMs?: number;
}

/**
 * Makes a host the primary: checks, fences, takes the lease, waits, switches the name, routes inference, verifies.
 *
 * It keeps no journal. What is left to do is read from the lease, the hosts and the record, so that the same call goes on after an
 * interruption at any point, also from another machine.
 *
 * @returns what happened, step by step. Errors that a person can act on are in it and not thrown
 */
export async function runFailover(
  request: FailoverRequest,
  environment: FailoverEnvironment,
  people: FailoverPeople,
  { dryRun = false, pollMs = 500 }: FailoverOptions = {},
): Promise<Evidence> {
  const startedAt = environment.now().toISOString();
  const seen = await observe(environment, pollMs);
  const plan = planFailover(request, environment.settings, seen);
  const end = async (ending: Ending): Promise<Evidence> => ({
    version: 1,
    from: environment.settings.host,
    request,
    dryRun,
    startedAt,
    endedAt: environment.now().toISOString(),
    before: situationOf(seen),
    warnings: plan.kind === "steps" ? plan.warnings : [],
    refusals: plan.kind === "refused" ? plan.refusals : [],
    nameTtlSeconds: environment.settings.failoverName.ttlSeconds,
    ...ending,
  });
  if (plan.kind === "refused") {
    for (const { why, override } of plan.refusals)
      people.say(`refused: ${why}${override === undefined ? "" : `\n    ${override}`}`);
    return end({ steps: [], exitCode: hostExitCodes.refused, outcome: "refused; nothing was changed" });
  }
  for (const warning of plan.warnings) people.say(`warning: ${warning}`);
  if (dryRun) {
    for (const step of plan.steps) people.say(`would: ${step}`);
    return end({
      steps: [],
      exitCode: hostExitCodes.done,
      outcome: `dry run: ${plan.steps.length} steps, nothing was changed`,
    });
  }
  if (!(await people.agree(plan.steps))) {
    return end({ steps: [], exitCode: hostExitCodes.cancelled, outcome: "not confirmed; nothing was changed" });
  }
  const context = contextOf(request, environment, seen, plan.steps, pollMs);
  const done = await runPlan(context, plan.steps, people);
  // An interrupted run does not wait for the hosts' answers.
  const after = environment.signal.aborted ? undefined : situationOf(await observe(environment, pollMs));
  const endedAt = environment.now().getTime();
  return end({ ...done, after, seconds: (endedAt - seen.at.getTime()) / 1000 });
}

type Ending = Pick<Evidence, "steps" | "exitCode" | "outcome"> & Partial<Pick<Evidence, "after" | "seconds">>;

function contextOf(
  request: FailoverRequest,
  environment: FailoverEnvironment,
  seen: FailoverObservation,
  planned: readonly StepName[],
  pollMs: number,
): StepContext {
  const plannedFrom = seen.lease.kind === "found" ? seen.lease.lease.term : 0;
  return { request, environment, plannedFrom, handedOver: planned.includes("let the copies catch up"), pollMs };
}

async function runPlan(
  context: StepContext,
  planned: readonly StepName[],
  { say }: FailoverPeople,
): Promise<Pick<Evidence, "steps" | "exitCode" | "outcome">> {
  const { environment, request } = context;
  const { stoppedAt, ...done } = await runSteps(planned, {
    work: (step) => steps[step](context),
    isOptional: (step) => optional.has(step),
    now: () => environment.now(),
    signal: environment.signal,
    say,
  });
  if (stoppedAt !== undefined) return { ...done, outcome: describeStop(stoppedAt, context) };
  const { to } = request;
  const isWhole = done.exitCode === hostExitCodes.done;
  return { ...done, outcome: isWhole ? `${to} is primary` : `${to} is primary, and not everything works` };
}

function describeStop(step: StepName, { request: { to, planned } }: StepContext): string {
  const again = "the same command again goes on from here";
  if (step !== "wait until the primary is fenced") return `stopped at "${step}"; ${again}`;
  const instead = planned ? "; if the primary is gone for good, without --planned and with --primary-is-lost" : "";
  return `stopped at "${step}": nobody may write until it goes on. ${again}${instead}; failover to the other host than ${to} calls it off`;
}
