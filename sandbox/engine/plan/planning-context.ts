import type { PolicyAnalyzer } from "../../../deployment/policies/policy-analyzer";
import type { EventStream } from "../events/event-stream";
import type { DependencyGraph } from "./dependency-graph";
import { PlanError } from "./engine-errors";
import type { ProviderRegistry, ResourceOperations } from "./provider-registry";
import type { Goal, ResourceState } from "./resource-state";
import { isProviderType, type Urn, type UrnScope } from "./urn";

/** What the parts of one deployment share. */
export interface PlanningContext extends UrnScope {
  readonly dryRun: boolean;
  /** The URNs of `--target`; undefined means everything. */
  readonly targets: ReadonlySet<Urn> | undefined;
  /** What is deleted although it is protected. */
  readonly unprotected: ReadonlySet<Urn>;
  /** Whether a failure leaves alone what does not need what failed. */
  readonly continueOnError: boolean;
  /** The resources of the last deployment, in order. */
  readonly base: readonly ResourceState[];
  /** The same by URN, without those that only wait to be deleted. */
  readonly olds: ReadonlyMap<Urn, ResourceState>;
  readonly graph: DependencyGraph;
  readonly providers: ProviderRegistry;
  readonly policies: readonly PolicyAnalyzer[];
  readonly events: EventStream;
}

/** The provider that handles a resource; undefined for components. */
export async function operationsFor(
  context: PlanningContext,
  resource: Pick<ResourceState, "urn" | "custom" | "type" | "provider">,
): Promise<ResourceOperations | undefined> {
  if (!resource.custom) return undefined;
  if (isProviderType(resource.type)) return context.providers;
  const client = context.providers.get(resource.provider);
  if (client !== undefined) return client;
  throw new PlanError(`unknown provider '${resource.provider}' for resource '${resource.urn}'`, resource.urn);
}

export async function requiredOperations(
  context: PlanningContext,
  resource: Pick<ResourceState, "urn" | "custom" | "type" | "provider">,
): Promise<ResourceOperations> {
  const operations = await operationsFor(context, resource);
  if (operations === undefined) throw new PlanError(`resource '${resource.urn}' has no provider`, resource.urn);
  return operations;
}

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
