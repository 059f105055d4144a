import { shortType } from "../../deployment/display/urn-text";
import { isJsonObject } from "../../lib/json-value";
import { isStateful } from "../../lib/resource-types";
import type { GuardFinding } from "./guard-finding";
import type { PlannedChange } from "./planned-change";

/**
 * Properties that say for how long something is kept, in any unit. Shortening one deletes what is older.
 * From the provider's input types of the databases, accounts, vaults and workspaces that the program makes.
 */
const retentionProperty =
  /^(backupRetentionDays|retentionInDays|retentionDays|softDeleteRetentionInDays|immutabilityPeriodSinceCreationInDays|days)$/;

/** What keeps less than before: protection or `retainOnDelete` taken away, a retention made shorter. */
export function retentionGuard(changes: readonly PlannedChange[]): readonly GuardFinding[] {
  return changes.flatMap((change) => {
    if (change.what === "delete" || change.what === "forget") return letGo(change);
    const finding = (message: string): GuardFinding => ({
      guard: "retention",
      urn: change.urn,
      message: `${shortType(change.type)} ${change.name}: ${message}`,
      remediation: `Set it back, or override the guard "retention" with a reason.`,
    });
    return [
      ...lostOptions(change).map((message) => ({ ...finding(message), leaves: "let go of" as const })),
      ...shorterRetentions(change.old?.inputs, change.new?.inputs, "").map(finding),
    ];
  });
}

/** What holds data or is protected, leaves the program and stays where it is: from then on nobody protects it, or pays attention to its bill. */
function letGo({ type, name, urn, retained, protected: isProtected }: PlannedChange): GuardFinding[] {
  if (!retained || !(isStateful(type) || isProtected)) return [];
  return [
    {
      guard: "retention",
      urn,
      message: `${shortType(type)} ${name} is let go of: it stays in the cloud with what is in it, and nobody manages it`,
      remediation: `Leave it in the program, or override the guard "retention" with who looks after it.`,
      leaves: isProtected ? "protected" : "let go of",
    },
  ];
}

function lostOptions(change: PlannedChange): string[] {
  const { old, new: next } = change;
  if (old === undefined || old === null || next === undefined || next === null) return [];
  const lost = (before: boolean | undefined, after: boolean | undefined) => before === true && after !== true;
  return [
    ...(lost(old.protect, next.protect) ? ["protect is taken away: the next plan may delete it"] : []),
    ...(lost(old.retainOnDelete, next.retainOnDelete)
      ? ["retainOnDelete is taken away: leaving the program will delete it in the cloud"]
      : []),
  ];
}

function shorterRetentions(before: unknown, after: unknown, path: string): string[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    return before.flatMap((item, index) => shorterRetentions(item, after[index], `${path}[${index}]`));
  }
  if (!isJsonObject(before) || !isJsonObject(after)) return [];
  return Object.entries(before).flatMap(([key, old]) => {
    const next = after[key];
    const full = path === "" ? key : `${path}.${key}`;
    if (typeof old === "number" && typeof next === "number" && retentionProperty.test(key) && next < old) {
      return [`${full} is shortened from ${old} to ${next}`];
    }
    return shorterRetentions(old, next, full);
  });
}
