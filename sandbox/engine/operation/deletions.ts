import { DeletionPlanner } from "../plan/deletion-planner";
import type { Deployment } from "../plan/deployment";
import type { ResourceState } from "../plan/resource-state";
import type { ResourceStep } from "../plan/step";

/** Deletes what is not wanted any more, round by round; what a protected resource needs is left. */
export async function performDeletions(deployment: Deployment): Promise<void> {
  const { context, progress, executor } = deployment;
  const planned = await planRounds(deployment, new DeletionPlanner(context, progress));
  const needed = new Set<ResourceState>();
  for (const round of planned) {
    for (const step of executor.errored) noteNeeded(step, deployment, needed);
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

function noteNeeded({ old }: ResourceStep, { context }: Deployment, needed: Set<ResourceState>): void {
  if (old === undefined) return;
  for (const dependency of context.graph.transitiveDependenciesOf(old)) needed.add(dependency);
}
