import { type ResourceState, referencedUrns } from "./resource-state";
import { parseProviderReference, type Urn } from "./urn";

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
