import type { PlanningContext } from "../plan/planning-context";
import type { ResourceState } from "../plan/resource-state";
import { sameStates } from "../plan/same-states";
import type { ResourceStep } from "../plan/step";
import { StepExecutor } from "../plan/step-executor";
import { refreshStep } from "../plan/steps/read-steps";
import { isRootStack, type Urn } from "../plan/urn";
import type { OperationEnd, OperationSession } from "./operation-session";
import { closingLine, onAbort } from "./update-operation";

/** Reads every resource again and takes over what it finds. */
export async function runRefresh(session: OperationSession): Promise<OperationEnd> {
  const { request, context, reporter, recorder, parallel, snapshot, pending } = session;
  let failed = false;
  const noteFailure = () => {
    failed = true;
  };
  // One resource that cannot be read does not keep the others from being read.
  const hooks = { applied: () => {}, failed: noteFailure, planningFailed: noteFailure };
  const executor = new StepExecutor(reporter, recorder, parallel, hooks);
  const stopListening = onAbort(request.signal, () => executor.stop());
  const steps = new Map(chosen(context).map((state) => [state, refreshStep(context, state)]));
  await executor.runAll([...steps.values()]);
  stopListening();
  const refreshed = refreshedStates(context.base, steps);
  snapshot.replaceBase(refreshed);
  const isLeft = (type: string) => type === "creating" && request.clearPendingCreates !== true;
  snapshot.settleInherited(pending.filter(({ type }) => isLeft(type)));
  const cancelled = request.signal.aborted;
  if (failed || cancelled) closingLine(session, failed ? "failed" : "canceled");
  const stack = refreshed.find(({ urn }) => isRootStack(urn));
  const unchanged = sameStates(context.base, new Map(refreshed.map((state) => [state.urn, state])));
  return { failure: failed ? "resource" : undefined, cancelled, outputs: stack?.outputs ?? {}, unchanged };
}

function chosen({ base, targets }: PlanningContext): readonly ResourceState[] {
  return targets === undefined ? base : base.filter(({ urn }) => targets.has(urn));
}

/** The resources after a refresh, without what is gone and without references to it. */
function refreshedStates(
  base: readonly ResourceState[],
  steps: ReadonlyMap<ResourceState, ResourceStep>,
): ResourceState[] {
  const present: ResourceState[] = [];
  const known = new Set<Urn>();
  const parents = new Map<Urn, Urn>();
  for (const old of base) {
    const step = steps.get(old);
    const state = step === undefined ? old : step.next;
    parents.set(old.urn, old.parent);
    if (state === undefined) continue;
    present.push(withoutGone(state, known));
    known.add(state.urn);
  }
  for (const state of present) state.parent = presentParent(state.parent, known, parents);
  return present;
}

/** As the real engine stores a refreshed resource: properties without dependencies are not listed any more. */
function withoutGone(state: ResourceState, known: ReadonlySet<Urn>): ResourceState {
  const propertyDependencies: Record<string, readonly Urn[]> = {};
  for (const [key, urns] of Object.entries(state.propertyDependencies)) {
    const left = urns.filter((urn) => known.has(urn));
    if (left.length > 0) propertyDependencies[key] = left;
  }
  return {
    ...state,
    dependencies: state.dependencies.filter((urn) => known.has(urn)),
    propertyDependencies,
    deletedWith: known.has(state.deletedWith) ? state.deletedWith : "",
  };
}

function presentParent(parent: Urn, known: ReadonlySet<Urn>, parents: ReadonlyMap<Urn, Urn>): Urn {
  let present = parent;
  while (present !== "" && !known.has(present)) present = parents.get(present) ?? "";
  return present;
}
