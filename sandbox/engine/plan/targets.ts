import { Bail, PlanError } from "./engine-errors";
import type { PlanningContext, PlanProgress } from "./planning-context";
import { type ResourceState, referencedUrns } from "./resource-state";
import type { ResourceStep } from "./step";
import { sameStep } from "./steps/change-steps";
import { isProviderType, isRootStack, parseProviderReference, type Urn } from "./urn";

/** Whether `--target` lets a resource be changed; providers and the stack itself always may. */
export function isTargeted(context: PlanningContext, state: ResourceState): boolean {
  if (context.targets === undefined) return true;
  return isProviderType(state.type) || isRootStack(state.urn) || context.targets.has(state.urn);
}

/** Every resource that is left alone, with what it needs brought into the new state before it. */
export function untargetedSteps(
  context: PlanningContext,
  progress: PlanProgress,
  old: ResourceState,
  next: ResourceState,
  answer: (state: ResourceState) => void,
): ResourceStep[] {
  if (old.provider !== "" && context.providers.get(old.provider) === undefined) {
    throw new PlanError(
      `provider ${old.provider} for resource ${next.urn} has not been registered yet, this is due to a change of ` +
        "providers mixed with --target. Change your program back to the original providers",
      next.urn,
    );
  }
  progress.sames.add(next.urn);
  return untargetedChain(context, progress, old, answer);
}

function untargetedChain(
  context: PlanningContext,
  progress: PlanProgress,
  old: ResourceState,
  answer: (state: ResourceState) => void,
): ResourceStep[] {
  if (old.delete) return [];
  progress.urns.add(old.urn);
  progress.sames.add(old.urn);
  const steps: ResourceStep[] = [];
  for (const urn of referencedUrns(old)) {
    if (progress.hasStepFor(urn)) continue;
    const dependency = context.olds.get(urn);
    if (dependency === undefined)
      throw new PlanError(`${urn}, which untargeted ${old.urn} needs, has no old state`, old.urn);
    steps.push(...untargetedChain(context, progress, dependency, () => {}));
  }
  const kept = { ...old, id: "" };
  steps.push(sameStep(context, old, kept, () => answer(kept)));
  return steps;
}

/** A targeted change may not need something that is left uncreated. */
export function checkTargetedDependencies(
  context: PlanningContext,
  progress: PlanProgress,
  steps: readonly ResourceStep[],
): void {
  if (context.targets === undefined) return;
  for (const step of steps) {
    if (step.next === undefined || step.skippedCreate) continue;
    for (const urn of neededUrns(step.next)) {
      if (!progress.skippedCreates.has(urn)) continue;
      context.events.diagnostic(
        "error",
        `Resource '${step.urn}' depends on '${urn}' which was not specified in --target list.`,
        step.urn,
      );
      progress.noteError("resource");
      if (!context.dryRun) throw new Bail("resource");
      progress.skippedCreates.delete(urn);
    }
  }
}

function neededUrns(state: ResourceState): Set<Urn> {
  const urns = referencedUrns(state);
  if (state.provider !== "") urns.add(parseProviderReference(state.provider).urn);
  return urns;
}

/** Targets that exist neither in the state nor in the program are mistakes. */
export function reportUnknownTargets(context: PlanningContext, progress: PlanProgress): boolean {
  let unknown = false;
  for (const target of context.targets ?? []) {
    if (context.olds.has(target) || progress.urns.has(target)) continue;
    unknown = true;
    const hint = target.includes("$") ? "" : ". Did you forget to escape $ in your shell?";
    context.events.diagnostic("error", `Target '${target}' could not be found in the stack${hint}`);
  }
  return unknown;
}
