import type { HostSettings } from "../host-settings";
import type { Lease } from "../lease/lease";
import type { FailoverRequest } from "./failover-options";
import type { FailoverObservation } from "./observation";
import { nameRefusals, type Refusal, standbyRefusals, stepDownRefusals } from "./refusals";

export type StepName =
  | "call the handover off"
  | "ask the primary to hand over"
  | "wait until the primary is fenced"
  | "let the copies catch up"
  | "take the lease"
  | "wait for the promotion"
  | "switch the name"
  | "route inference"
  | "verify";

export type FailoverPlan =
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[] }
  | { readonly kind: "steps"; readonly steps: readonly StepName[]; readonly warnings: readonly string[] };

/** What every failover ends with, wherever it came from. Each finds out by itself what is left to do. */
const closing: readonly StepName[] = ["wait for the promotion", "switch the name", "route inference", "verify"];

/** More than this between two clocks and times in evidence mean little. */
const clockToleranceSeconds = 30;

/**
 * What is left to do, from how things are. There is no journal: after an interruption the same question has a shorter answer.
 *
 * Pure, so that every state an interruption can leave behind can be tried.
 */
export function planFailover(
  request: FailoverRequest,
  settings: HostSettings,
  seen: FailoverObservation,
): FailoverPlan {
  if (seen.lease.kind !== "found") return { kind: "refused", refusals: [leaseRefusal(seen.lease, settings)] };
  const { lease } = seen.lease;
  const steps = stepsFrom(lease, request, seen);
  const refusals = [
    ...(lease.primary === request.to
      ? []
      : [...stepDownRefusals(lease, request, seen), ...standbyRefusals(lease, request, seen)]),
    ...nameRefusals(request, seen),
  ];
  if (refusals.length > 0) return { kind: "refused", refusals };
  const kept = request.accepted.withoutName ? steps.filter((step) => step !== "switch the name") : steps;
  return { kind: "steps", steps: kept, warnings: warnings(request, settings, seen) };
}

function stepsFrom(lease: Lease, request: FailoverRequest, seen: FailoverObservation): readonly StepName[] {
  const { phase } = lease;
  if (lease.primary === request.to) return phase.kind === "serving" ? closing : ["call the handover off", ...closing];
  // The primary wrote that it has sent everything: nothing is lost, however the failover was asked for.
  if (phase.kind === "fenced") return ["let the copies catch up", "take the lease", ...closing];
  if (!isHandedOver(lease, request, seen)) return ["take the lease", ...closing];
  const asked: readonly StepName[] = phase.kind === "handover" ? [] : ["ask the primary to hand over"];
  return [...asked, "wait until the primary is fenced", "let the copies catch up", "take the lease", ...closing];
}

/** Planned, or an interrupted planned one that its primary can still finish. */
function isHandedOver(
  { phase, primary }: Lease,
  { planned, accepted }: FailoverRequest,
  seen: FailoverObservation,
): boolean {
  if (planned) return true;
  return phase.kind === "handover" && seen.hosts[primary]?.kind === "answers" && !accepted.primaryIsLost;
}

function leaseRefusal(
  lease: Exclude<FailoverObservation["lease"], { readonly kind: "found" }>,
  { store }: HostSettings,
): Refusal {
  const blob = `${store.endpoint}/${store.leaseContainer}/${store.leaseBlob}`;
  switch (lease.kind) {
    case "missing":
      return { why: `there is no lease at ${blob}; the intended primary writes the first one when its agents start` };
    case "corrupt":
      return { why: `${lease.problem}\nNobody can tell who is primary. Put ${blob} right by hand (docs/failover.md)` };
    case "unreachable":
      return { why: `the store does not answer (${lease.reason}); without it nobody can be made primary safely` };
  }
}

function warnings(request: FailoverRequest, settings: HostSettings, seen: FailoverObservation): readonly string[] {
  const found: string[] = [];
  for (const [host, answer] of Object.entries(seen.hosts)) {
    if (answer.kind !== "answers") continue;
    const apart = Math.abs(Date.parse(answer.status.ts) - seen.at.getTime()) / 1000;
    if (apart > clockToleranceSeconds) found.push(`the clock of ${host} is ${Math.round(apart)} s away from this one`);
    for (const directory of answer.status.aside) {
      found.push(`${host} keeps writes of an earlier term in aside/${directory}: nobody has looked at them yet`);
    }
  }
  if (seen.name.kind === "read" && seen.name.ttlSeconds > settings.failoverName.ttlSeconds) {
    found.push(`the record's TTL is ${seen.name.ttlSeconds} s; expected ${settings.failoverName.ttlSeconds} s`);
  }
  if (request.accepted.withoutName) found.push(`point ${settings.failoverName.hostname} at ${request.to} by hand`);
  return found;
}
