import { DependencyGraph, ReplacementCascade } from "./dependency-graph";
import type { Deployment } from "./deployment";
import { Bail } from "./engine-errors";
import type { PlanningContext, PlanProgress } from "./planning-context";
import type { ResourceState } from "./resource-state";
import type { ResourceStep } from "./step";
import { deleteStep, removePendingReplaceStep } from "./steps/change-steps";
import type { Urn } from "./urn";

/** Plans the end of everything that the program did not ask for. */
class DeletionPlanner {
  constructor(
    private readonly context: PlanningContext,
    private readonly progress: PlanProgress,
  ) {}

  /** Rounds of deletions; see {@link scheduleDeletions}. */
  async rounds(): Promise<ResourceStep[][]> {
    const condemned = this.context.base.filter((state) => this.isCondemned(state));
    const allowed = await this.allowed();
    const chosen = condemned.filter((state) => allowed === undefined || allowed.has(state.urn));
    this.refuseUnnamed(chosen);
    // Only now, so that a resource that is not deleted after all does not count as going down with another.
    for (const state of chosen) this.progress.deletes.add(state.urn);
    const steps = chosen.map((state) => this.step(state));
    return scheduleDeletions(steps, new DependencyGraph(this.context.base));
  }

  /** With `--target`, nothing else may be deleted along. */
  private refuseUnnamed(chosen: readonly ResourceState[]): void {
    const { targets, dryRun, events } = this.context;
    const unnamed = targets === undefined ? [] : chosen.filter(({ urn }) => !targets.has(urn));
    for (const { urn } of unnamed) {
      events.diagnostic(
        "error",
        `Resource '${urn}' will be destroyed but was not specified in --target list.\n` +
          "Either include resource in --target list or pass --target-dependents to proceed.",
        urn,
      );
      this.progress.noteError("resource");
    }
    if (unnamed.length > 0 && !dryRun) throw new Bail("resource");
  }

  private step(state: ResourceState): ResourceStep {
    const isCondemned = (urn: Urn) => this.progress.deletes.has(urn);
    if (state.delete) return deleteStep(this.context, state, "replaced", isCondemned);
    if (state.pendingReplacement) return removePendingReplaceStep(state);
    return deleteStep(this.context, state, "removed", isCondemned);
  }

  private isCondemned(state: ResourceState): boolean {
    if (this.progress.pendingDeletes.has(state)) return false;
    if (state.delete) return true;
    return !this.progress.isKept(this.progress.claimed.get(state.urn) ?? state.urn);
  }

  /** With `--target`: the targets, what needs them, and what would be replaced with them. */
  private async allowed(): Promise<Set<Urn> | undefined> {
    const { targets, base, graph, olds } = this.context;
    if (targets === undefined) return undefined;
    const allowed = new Set<Urn>();
    const cascade = new ReplacementCascade(this.context, this.progress);
    for (const root of base.filter(({ urn }) => targets.has(urn))) {
      allowed.add(root.urn);
      for (const dependent of graph.dependingOn(root, () => false, true)) allowed.add(dependent.urn);
    }
    for (const urn of [...allowed]) {
      const current = olds.get(urn);
      if (current === undefined) continue;
      for (const { state } of await cascade.replacedWith(current)) allowed.add(state.urn);
    }
    return allowed;
  }
}

/**
 * Deletions in rounds: all of a round can run at once, and a round begins when the one before it is done,
 * so that nothing is deleted while something that needs it still exists.
 */
function scheduleDeletions(steps: readonly ResourceStep[], graph: DependencyGraph): ResourceStep[][] {
  const stepOf = new Map<ResourceState, ResourceStep>();
  for (const step of steps) if (step.old !== undefined) stepOf.set(step.old, step);
  const depth = depths(stepOf, graph);
  const rounds: ResourceStep[][] = [];
  for (const [resource, step] of stepOf) {
    const round = depth.get(resource) ?? 0;
    const list = rounds[round] ?? [];
    list.push(step);
    rounds[round] = list;
  }
  return rounds.reverse();
}

/** How many condemned resources stand one upon the other below each. */
function depths(
  condemned: ReadonlyMap<ResourceState, ResourceStep>,
  graph: DependencyGraph,
): Map<ResourceState, number> {
  const known = new Map<ResourceState, number>();
  const pending = [...condemned.keys()];
  for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
    if (known.has(next)) {
      pending.pop();
      continue;
    }
    const below = [...graph.dependenciesOf(next)].filter((dependency) => condemned.has(dependency));
    const open = below.filter((dependency) => !known.has(dependency));
    if (open.length > 0) {
      pending.push(...open);
      continue;
    }
    known.set(next, below.length === 0 ? 0 : 1 + Math.max(...below.map((dependency) => known.get(dependency) ?? 0)));
    pending.pop();
  }
  return known;
}

/** Deletes what is not wanted any more, round by round; what a protected resource needs is left, and what those need that failed. */
export async function performDeletions(deployment: Deployment): Promise<void> {
  const { context, progress, executor } = deployment;
  const planned = await planRounds(deployment, new DeletionPlanner(context, progress));
  const needed = new Set<ResourceState>();
  // What was left out stays as it is, with what it needs.
  for (const urn of deployment.abandoned.keys()) {
    noteNeeded(context.olds.get(progress.aliasedFrom.get(urn) ?? urn), deployment, needed);
  }
  for (const round of planned) {
    for (const { old } of executor.errored) noteNeeded(old, deployment, needed);
    await executor.runAll(round.filter(({ old }) => old === undefined || !needed.has(old)));
  }
}

async function planRounds(deployment: Deployment, planner: DeletionPlanner): Promise<ResourceStep[][]> {
  try {
    return await planner.rounds();
  } catch (error) {
    deployment.planningFailed(error, "");
    return [];
  }
}

function noteNeeded(old: ResourceState | undefined, { context }: Deployment, needed: Set<ResourceState>): void {
  if (old === undefined) return;
  for (const dependency of context.graph.transitiveDependenciesOf(old)) needed.add(dependency);
}
