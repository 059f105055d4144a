import { type PropertyMap, type PropertyValue, unknown } from "../../../deployment/values/property-value";
import { Bail } from "./engine-errors";
import { type PlanningContext, type PlanProgress, requiredOperations } from "./planning-context";
import { resourceDiff, withReplaceOnChanges } from "./resource-diff";
import { type ResourceState, referencedUrns } from "./resource-state";
import type { ResourceStep } from "./step";
import { deleteStep } from "./steps/change-steps";
import { isProviderType, parseProviderReference, type Urn } from "./urn";

/** Who needs whom, over a list in which everything comes after what it needs (as in a state file). */
export class DependencyGraph {
  private readonly position = new Map<ResourceState, number>();
  private readonly byUrn = new Map<Urn, ResourceState[]>();
  private dependents: Map<ResourceState, ResourceState[]> | undefined;

  constructor(private readonly resources: readonly ResourceState[]) {
    resources.forEach((resource, index) => {
      this.position.set(resource, index);
      const same = this.byUrn.get(resource.urn);
      if (same === undefined) this.byUrn.set(resource.urn, [resource]);
      else same.push(resource);
    });
  }

  /** What a resource needs directly: dependencies, parent, provider, and the older ones of its own URN's kind. */
  dependenciesOf(resource: ResourceState): Set<ResourceState> {
    const needed = new Set<ResourceState>();
    const urns = referencedUrns(resource);
    if (resource.provider !== "") urns.add(parseProviderReference(resource.provider).urn);
    for (const urn of urns) for (const candidate of this.earlier(urn, resource)) needed.add(candidate);
    return needed;
  }

  transitiveDependenciesOf(resource: ResourceState): Set<ResourceState> {
    const found = new Set<ResourceState>();
    const pending = [resource];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const dependency of this.dependenciesOf(next)) {
        if (found.has(dependency)) continue;
        found.add(dependency);
        pending.push(dependency);
      }
    }
    return found;
  }

  /** Everything that needs `root`, directly or not, in the order of the list; children only with `includeChildren`. */
  dependingOn(root: ResourceState, isIgnored: (urn: Urn) => boolean, includeChildren: boolean): ResourceState[] {
    const reached = new Set<ResourceState>([root]);
    const pending = [root];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const dependent of this.directDependents().get(next) ?? []) {
        if (reached.has(dependent) || isIgnored(dependent.urn)) continue;
        if (!includeChildren && isOnlyChild(dependent, next)) continue;
        reached.add(dependent);
        pending.push(dependent);
      }
    }
    reached.delete(root);
    return [...reached].sort((left, right) => this.indexOf(left) - this.indexOf(right));
  }

  contains(resource: ResourceState): boolean {
    return this.position.has(resource);
  }

  private earlier(urn: Urn, than: ResourceState): ResourceState[] {
    const at = this.indexOf(than);
    return (this.byUrn.get(urn) ?? []).filter((candidate) => candidate !== than && this.indexOf(candidate) < at);
  }

  private directDependents(): Map<ResourceState, ResourceState[]> {
    if (this.dependents !== undefined) return this.dependents;
    const dependents = new Map<ResourceState, ResourceState[]>();
    for (const resource of this.resources) {
      for (const dependency of this.dependenciesOf(resource)) {
        const list = dependents.get(dependency);
        if (list === undefined) dependents.set(dependency, [resource]);
        else list.push(resource);
      }
    }
    this.dependents = dependents;
    return dependents;
  }

  private indexOf(resource: ResourceState): number {
    return this.position.get(resource) ?? Number.POSITIVE_INFINITY;
  }
}

/** Whether the only tie is that one is the other's parent. */
function isOnlyChild(dependent: ResourceState, parent: ResourceState): boolean {
  if (dependent.parent !== parent.urn) return false;
  const urns = new Set<Urn>([...dependent.dependencies, dependent.deletedWith, ...dependent.replaceWith]);
  for (const list of Object.values(dependent.propertyDependencies)) for (const urn of list) urns.add(urn);
  const providerUrn = dependent.provider === "" ? "" : parseProviderReference(dependent.provider).urn;
  return !urns.has(parent.urn) && providerUrn !== parent.urn;
}

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
    if (state.replaceWith.some((urn) => replaced.has(urn))) return [];
    const inputs = inputsAfter(state, replaced);
    if (inputs === undefined) return undefined;
    if (isProviderType(state.type)) await this.context.providers.same(state);
    else await this.context.providers.ensure(state.provider);
    const operations = await requiredOperations(this.context, state);
    const diff = withReplaceOnChanges(
      await resourceDiff(this.context, operations, state, inputs, state.ignoreChanges),
      state.replaceOnChanges,
    );
    return diff.replaces.length > 0 ? diff.replaces : undefined;
  }

  private refuseProtected(state: ResourceState, root: ResourceState): void {
    if (state.delete || !state.protect) return;
    this.context.events.diagnostic(
      "error",
      `unable to replace resource "${state.urn}" as part of replacing "${root.urn}" as it is currently marked for ` +
        "protection. To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program and " +
        `run \`pulumi up\`, or use the command:\n\`pulumi state unprotect '${state.urn}'\``,
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
