import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { optionChanges } from "../../deployment/display/option-changes";
import type { EngineEvent } from "../../deployment/engine-event";
import { canonicalDigest } from "./canonical-digest";
import type { SavedPlan } from "./saved-plan";

/** One thing an `up` would do, reduced to what can be compared with another preview. */
export interface PlannedStep {
  readonly urn: string;
  /** The engine's word for it: `create`, `update`, `replace`, `delete` … */
  readonly operation: string;
  /** The SHA-256 of everything that would be sent to the provider, and of protection and retention. */
  readonly digest: string;
}

/** A violation that a preview reported. */
export interface PlannedViolation {
  readonly policy: string;
  readonly level: string;
  /** Empty for a rule about the stack as a whole. */
  readonly urn: string;
}

/** Steps that leave everything as it is, as long as they change no option. */
const changesNothing: ReadonlySet<string> = new Set(["same", "read", "refresh", "discard"]);

/**
 * What a preview would do, in an order of its own: engines plan in parallel, so their events come in any order.
 *
 * Events show secrets as `[secret]`. A changed secret therefore shows in the commit (it is encrypted in the stack's file), not here.
 */
export function listPlannedSteps(events: readonly EngineEvent[]): PlannedStep[] {
  const changes = new Map<string, PlannedStep>();
  for (const { resourcePreEvent, resOutputsEvent } of events) {
    const step = (resOutputsEvent ?? resourcePreEvent)?.metadata;
    if (step === undefined || (changesNothing.has(step.op) && optionChanges(step).length === 0)) continue;
    // A component's closing event adds its outputs only, which are not compared: the first event of a step decides.
    const key = `${step.urn} ${step.op}`;
    if (!changes.has(key)) changes.set(key, { urn: step.urn, operation: step.op, digest: stepDigest(step) });
  }
  return [...changes].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, change]) => change);
}

export function listPlannedViolations(events: readonly EngineEvent[]): PlannedViolation[] {
  const found = events.flatMap(({ policyEvent }) =>
    policyEvent === undefined
      ? []
      : [
          {
            policy: policyEvent.policyName,
            level: policyEvent.enforcementLevel,
            urn: policyEvent.resourceUrn ?? "",
          },
        ],
  );
  return found.sort((left, right) => (violationText(left) < violationText(right) ? -1 : 1));
}

function violationText({ policy, level, urn }: PlannedViolation): string {
  return `${level} ${policy}${urn === "" ? "" : ` on ${urn}`}`;
}

function stepDigest({ op, new: wanted, old }: StepEventMetadata): string {
  const state = wanted ?? old;
  return canonicalDigest({
    op,
    id: op === "create" ? undefined : old?.id,
    inputs: withoutDefaults(state?.inputs),
    protect: state?.protect ?? false,
    retainOnDelete: state?.retainOnDelete ?? false,
  });
}

/** Names that a provider makes up anew in every preview are listed under `__defaults`; they are no part of what was approved. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== "object" || value === null) return value;
  const listed: unknown = "__defaults" in value ? value.__defaults : undefined;
  const defaults = new Set<unknown>(Array.isArray(listed) ? listed : []);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "__defaults" && !defaults.has(key))
      .map(([key, entry]) => [key, withoutDefaults(entry)]),
  );
}

/** How many changed resources are named; the first ones say where to look. */
const namedChanges = 10;

/**
 * Why a plan made now is not the one that was approved, a line for each reason; empty when it is the same. An apply with a single
 * reason is refused: what was approved is then not what would happen.
 */
export function comparePlans(approved: SavedPlan, now: SavedPlan): string[] {
  return [
    ...compareValues("stack", approved.stack, now.stack),
    ...compareValues("engine", approved.engine, now.engine),
    ...compareValues("commit", approved.commit, now.commit),
    ...compareStates(approved, now),
    ...compareSteps(approved.changes, now.changes),
    ...listNewViolations(approved, now),
  ];
}

function compareValues(what: string, approved: string, now: string): string[] {
  return approved === now ? [] : [`${what}: approved for ${approved}, now ${now}`];
}

function compareStates({ state: before }: SavedPlan, { state: after }: SavedPlan): string[] {
  if (before.hash === after.hash) return [];
  return [`state: it was moved since, from ${stateText(before)} to ${stateText(after)}`];
}

function stateText({ serial, hash }: SavedPlan["state"]): string {
  return `${serial === "" ? "an empty one" : serial} (${hash.slice(0, 12)})`;
}

function compareSteps(approved: readonly PlannedStep[], now: readonly PlannedStep[]): string[] {
  const before = new Map(approved.map((change) => [stepKey(change), change]));
  const after = new Map(now.map((change) => [stepKey(change), change]));
  const lines = [
    ...now.filter((change) => !before.has(stepKey(change))).map((change) => `plan: not approved: ${stepKey(change)}`),
    ...approved.filter((change) => !after.has(stepKey(change))).map((change) => `plan: no longer: ${stepKey(change)}`),
    ...now
      .filter((change) => before.has(stepKey(change)) && before.get(stepKey(change))?.digest !== change.digest)
      .map((change) => `plan: other values: ${stepKey(change)}`),
  ];
  if (lines.length <= namedChanges) return lines;
  return [...lines.slice(0, namedChanges), `plan: and ${lines.length - namedChanges} more`];
}

function stepKey({ operation, urn }: PlannedStep): string {
  return `${operation} ${urn}`;
}

function listNewViolations(approved: SavedPlan, now: SavedPlan): string[] {
  const known = new Set(approved.violations.map(violationText));
  return now.violations
    .map(violationText)
    .filter((violation) => !known.has(violation))
    .map((violation) => `policies: new violation: ${violation}`);
}
