import { shortType, urnName, urnType } from "../../deployment/display/urn-text";
import { exportHint, isStateful } from "../../lib/resource-types";
import type { GuardFinding } from "./guard-finding";
import type { PlannedChange } from "./planned-change";

/**
 * Stateful resources that a plan replaces or deletes, each with the property that forces it. One that is deleted from the state only
 * (`retainOnDelete`) loses nothing and is no finding.
 */
export function statefulGuard(changes: readonly PlannedChange[]): readonly GuardFinding[] {
  return (
    changes
      .filter((change) => isStateful(change.type) && losesData(change))
      // Causes before what follows from them.
      .sort((left, right) => Number(isConsequence(left)) - Number(isConsequence(right)))
      .map((change) => ({
        guard: "stateful",
        urn: change.urn,
        message: `${shortType(change.type)} ${change.name} is ${change.what === "delete" ? "deleted" : `replaced, ${reason(change, changes)}`}; what is in it is lost`,
        remediation: remediation(change),
        ...(change.what === "delete" ? { leaves: change.protected ? "protected" : "let go of" } : {}),
      }))
  );
}

export function losesData({ what, retained }: Pick<PlannedChange, "what" | "retained">): boolean {
  return (what === "replace" || what === "delete") && !retained;
}

function isConsequence({ what, forcedBy }: PlannedChange): boolean {
  return what === "replace" && forcedBy.length === 0;
}

/** The engine names no property where a resource is replaced because of another: then those others are named. */
function reason(change: PlannedChange, changes: readonly PlannedChange[]): string {
  if (change.forcedBy.length > 0) return `forced by ${change.forcedBy.join(", ")}`;
  const others = changes.filter(
    (other) => other.what === "replace" && other.forcedBy.length > 0 && comesBefore(other, change),
  );
  if (others.length === 0) return "forced by what it depends on";
  const names = others.map(
    (other) => `${shortType(urnType(other.urn))} ${urnName(other.urn)} (${other.forcedBy.join(", ")})`,
  );
  return `because it goes with ${names.join(" and ")}`;
}

/** Events do not say what depends on what, but a reference to a replaced resource is in the inputs: its name, or a value not yet known. */
function comesBefore(other: PlannedChange, change: PlannedChange): boolean {
  if (change.old?.parent === other.urn || change.new?.parent === other.urn) return true;
  const inputs = JSON.stringify(change.old?.inputs ?? {});
  const physical = [other.old?.id, ...Object.values(other.old?.inputs ?? {})].filter(isIdentity);
  return physical.some((value) => inputs.includes(JSON.stringify(value)));
}

function isIdentity(value: unknown): value is string {
  return typeof value === "string" && value.length >= 3;
}

function remediation({ type, what }: PlannedChange): string {
  const keep = what === "delete" ? "Leave it in the program" : "Set the property back";
  const hint = exportHint(type);
  const save = hint === undefined ? "" : ` What is inside, saved first: ${hint}.`;
  return `${keep}, or override the guard "stateful" with a reason.${save}`;
}
