import { type PropertyMap, type PropertyValue, unknown } from "../../../deployment/values/property-value";
import { Bail } from "./engine-errors";
import type { PlanProgress } from "./plan-progress";
import { type PlanningContext, requiredOperations } from "./planning-context";
import type { ResourceState } from "./resource-state";
import type { ResourceStep } from "./step";
import { deleteStep } from "./steps/delete-steps";
import { isProviderType, parseProviderReference, type Urn, urnName } from "./urn";

interface Dependent {
  readonly state: ResourceState;
  readonly keys: readonly string[];
}

/** What has to go before a resource can be deleted to make room for its own replacement. */
export class ReplacementCascade {
  constructor(
    private readonly context: PlanningContext,
    private readonly progress: PlanProgress,
  ) {}

  /** The deletions, last dependent first. */
  async deletionsBefore(root: ResourceState): Promise<ResourceStep[]> {
    const steps: ResourceStep[] = [];
    for (const { state, keys } of (await this.replacedWith(root)).reverse()) {
      if (this.progress.pendingDeletes.has(state)) continue;
      this.progress.dependentReplaceKeys.set(state.urn, keys);
      this.refuseProtected(state, root);
      const kind = state.delete ? "removed" : "making-room";
      const isCondemned = (urn: Urn) => this.progress.deletes.has(urn);
      // An interrupted run may have deleted it already.
      if (!state.pendingReplacement) steps.push(deleteStep(this.context, state, kind, isCondemned));
      this.progress.deletes.add(state.urn);
      this.progress.pendingDeletes.add(state);
    }
    return steps;
  }

  /**
   * The resources that would be replaced because `root` is, in the order in which they depend on one another.
   * What has been registered already cannot depend on it any more.
   */
  async replacedWith(root: ResourceState): Promise<Dependent[]> {
    const replaced = new Set<Urn>([root.urn]);
    const dependents: Dependent[] = [];
    for (const state of this.context.graph.dependingOn(root, (urn) => this.progress.urns.has(urn), false)) {
      const keys = await this.forcedKeys(state, replaced);
      if (keys === undefined) continue;
      dependents.push({ state, keys });
      replaced.add(state.urn);
    }
    return dependents;
  }

  /** The properties whose change forces a replacement; undefined when none does. */
  private async forcedKeys(state: ResourceState, replaced: ReadonlySet<Urn>): Promise<readonly string[] | undefined> {
    if (!state.custom || state.external) return undefined;
    if (state.provider !== "" && replaced.has(parseProviderReference(state.provider).urn)) {
      await this.context.providers.ensure(state.provider);
      return [];
    }
    // It goes when the other goes, whatever its properties say.
    if (replaced.has(state.deletedWith)) return [];
    const inputs = inputsAfter(state, replaced);
    if (inputs === undefined) return undefined;
    if (isProviderType(state.type)) await this.context.providers.same(state);
    else await this.context.providers.ensure(state.provider);
    const operations = await requiredOperations(this.context, state);
    const diff = await operations.diff({
      urn: state.urn,
      type: state.type,
      name: urnName(state.urn),
      id: state.id,
      inputs,
      oldInputs: state.inputs,
      oldOutputs: state.outputs,
      ignoreChanges: [],
    });
    return diff.replaces.length > 0 ? diff.replaces : undefined;
  }

  private refuseProtected(state: ResourceState, root: ResourceState): void {
    if (state.delete || !state.protect) return;
    this.context.events.diagnostic(
      "error",
      `unable to replace resource "${state.urn}" as part of replacing "${root.urn}" as it is currently marked for ` +
        "protection. To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program and " +
        `run \`pulumi up\`, or use the command:\n\`pulumi state unprotect "${state.urn}"\``,
      root.urn,
    );
    this.progress.noteError("resource");
    throw new Bail("resource");
  }
}

/** The inputs with everything unknown that comes from a replaced resource; undefined when nothing does. */
function inputsAfter(state: ResourceState, replaced: ReadonlySet<Urn>): PropertyMap | undefined {
  const inputs: Record<string, PropertyValue> = {};
  let changed = false;
  for (const [key, value] of Object.entries(state.inputs)) {
    const depends = (state.propertyDependencies[key] ?? []).some((urn) => replaced.has(urn));
    changed ||= depends;
    inputs[key] = depends ? unknown : value;
  }
  return changed ? inputs : undefined;
}
