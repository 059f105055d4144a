import type { Goal } from "./goal";
import type { ResourceState } from "./resource-state";
import type { Urn } from "./urn";

/** What the planner has decided so far in one deployment. */
export class PlanProgress {
  /** Every URN registered or read. */
  readonly urns = new Set<Urn>();
  readonly reads = new Set<Urn>();
  readonly deletes = new Set<Urn>();
  readonly replaces = new Set<Urn>();
  readonly updates = new Set<Urn>();
  readonly creates = new Set<Urn>();
  readonly sames = new Set<Urn>();
  /** Left uncreated because `--target` does not name them. */
  readonly skippedCreates = new Set<Urn>();
  /** Deleted ahead of their turn, for a replacement. */
  readonly pendingDeletes = new Set<ResourceState>();
  /** Provider resources of this deployment. */
  readonly providers = new Map<Urn, ResourceState>();
  readonly goals = new Map<Urn, Goal>();
  /** Properties that made a dependent be replaced along. */
  readonly dependentReplaceKeys = new Map<Urn, readonly string[]>();
  /** Old URN to the resource that claims it. */
  readonly claimed = new Map<Urn, Urn>();
  /** Resource to the old URN under which it was found. */
  readonly aliasedFrom = new Map<Urn, Urn>();
  /** Something was wrong, but the plan goes on so that a person sees all of it. */
  sawError: "policy" | "resource" | undefined;

  noteError(kind: "policy" | "resource"): void {
    this.sawError ??= kind;
  }

  hasStepFor(urn: Urn): boolean {
    const decided = [this.creates, this.sames, this.updates, this.deletes, this.replaces, this.reads];
    return decided.some((set) => set.has(urn));
  }

  /** Whether an old resource lives on in some form. */
  isKept(urn: Urn): boolean {
    return [this.sames, this.updates, this.replaces, this.reads].some((set) => set.has(urn));
  }
}
