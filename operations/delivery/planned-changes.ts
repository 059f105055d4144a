import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { optionChanges } from "../../deployment/display/option-changes";
import type { EngineEvent } from "../../deployment/engine-event";
import { canonicalDigest } from "./canonical-digest";

/** One thing an `up` would do, reduced to what can be compared with another preview. */
export interface PlannedChange {
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
export function plannedChanges(events: readonly EngineEvent[]): PlannedChange[] {
  const changes = new Map<string, PlannedChange>();
  for (const { resourcePreEvent, resOutputsEvent } of events) {
    const step = (resOutputsEvent ?? resourcePreEvent)?.metadata;
    if (step === undefined || (changesNothing.has(step.op) && optionChanges(step).length === 0)) continue;
    // A component's closing event adds its outputs only, which are not compared: the first event of a step decides.
    const key = `${step.urn} ${step.op}`;
    if (!changes.has(key)) changes.set(key, { urn: step.urn, operation: step.op, digest: stepDigest(step) });
  }
  return [...changes].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, change]) => change);
}

export function plannedViolations(events: readonly EngineEvent[]): PlannedViolation[] {
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

export function violationText({ policy, level, urn }: PlannedViolation): string {
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
