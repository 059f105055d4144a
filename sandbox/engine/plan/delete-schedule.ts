import type { DependencyGraph } from "./dependency-graph";
import type { ResourceState } from "./resource-state";
import type { Step } from "./step";

/**
 * Deletions in rounds: all of a round can run at once, and a round begins when the one before it is done,
 * so that nothing is deleted while something that needs it still exists.
 */
export function scheduleDeletions(steps: readonly Step[], graph: DependencyGraph): Step[][] {
  const stepOf = new Map<ResourceState, Step>();
  for (const step of steps) if (step.old !== undefined) stepOf.set(step.old, step);
  const depth = depths(stepOf, graph);
  const rounds: Step[][] = [];
  for (const [resource, step] of stepOf) {
    const round = depth.get(resource) ?? 0;
    const list = rounds[round] ?? [];
    list.push(step);
    rounds[round] = list;
  }
  return rounds.reverse();
}

/** How many condemned resources stand one upon the other below each. */
function depths(condemned: ReadonlyMap<ResourceState, Step>, graph: DependencyGraph): Map<ResourceState, number> {
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
