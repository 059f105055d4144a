import type { GuardFinding } from "./guard-finding";
import type { BlastLimit, GuardLimits } from "./guard-limits";
import type { PlannedChange } from "./planned-change";

/** How much of what exists a plan touches. New resources are not part of it: they hurt nothing. */
export interface BlastRadius {
  /** Resources that exist before the plan. */
  readonly existing: number;
  /** Updated in place. */
  readonly changed: number;
  /** Deleted from the cloud, not those that are only let go. */
  readonly deleted: number;
  readonly replaced: number;
}

export function blastRadius(changes: readonly PlannedChange[]): BlastRadius {
  // A component that stands for data is no resource more.
  const resources = changes.filter((change) => (change.old ?? change.new)?.custom === true);
  const count = (is: (change: PlannedChange) => boolean) => resources.filter(is).length;
  return {
    // An import takes in what exists, whether the state knew it or not.
    existing: count(({ what, old }) => what === "import" || (old !== undefined && old !== null)),
    changed: count(({ what }) => what === "update"),
    deleted: count(({ what, retained }) => what === "delete" && !retained),
    replaced: count(({ what }) => what === "replace"),
  };
}

/**
 * What is larger than a limit. A deletion that the inventory said by name, days before, is not counted: its review has seen it.
 *
 * @param isSaid whether the inventory says that something leaves
 */
export function blastRadiusGuard(
  changes: readonly PlannedChange[],
  limits: GuardLimits,
  isSaid: (change: PlannedChange) => boolean,
): readonly GuardFinding[] {
  const all = blastRadius(changes);
  const radius =
    brokenLimit(all.deleted, all.existing, limits.deleted) === undefined
      ? all
      : { ...all, deleted: blastRadius(changes.filter((change) => !isSaid(change))).deleted };
  return (["changed", "deleted", "replaced"] as const).flatMap((kind) => {
    const broken = brokenLimit(radius[kind], radius.existing, limits[kind]);
    if (broken === undefined) return [];
    return [
      {
        guard: "blast-radius" as const,
        message: `${radius[kind]} of ${radius.existing} resources are ${kind} (${percent(radius[kind], radius.existing)}); ${broken}`,
        remediation: `Make the change in smaller steps, or override the guard "blast-radius" with a reason. The limits are in operations/guard/limits.yaml.`,
      },
    ];
  });
}

/** The limit that a count breaks, in words. Few resources never break the limit of a share: half of a stack of four is two. */
function brokenLimit(count: number, existing: number, limit: BlastLimit): string | undefined {
  if (count > limit.count) return `the limit is ${limit.count}`;
  const share = existing === 0 ? 0 : count / existing;
  if (share > limit.share && count > limit.few)
    return `the limit is ${Math.round(limit.share * 100)} % where it is more than ${limit.few}`;
  return undefined;
}

function percent(part: number, whole: number): string {
  return `${Math.round((part / Math.max(whole, 1)) * 100)} %`;
}
