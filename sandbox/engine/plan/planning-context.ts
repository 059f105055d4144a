import type { PolicyAnalyzer } from "../../../deployment/policies/policy-analyzer";
import type { EventStream } from "../events/event-stream";
import type { DependencyGraph } from "./dependency-graph";
import { PlanError } from "./engine-errors";
import type { ResourceOperations } from "./provider-client";
import type { ProviderRegistry } from "./provider-registry";
import type { ResourceState } from "./resource-state";
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
