import type { EventStream } from "../events/event-stream";
import { messageOf } from "../plan/engine-errors";
import type { ProviderClient } from "../plan/provider-client";
import type { ProviderRegistry } from "../plan/provider-registry";
import { newResourceState, type ResourceState } from "../plan/resource-state";
import { identityOf } from "../plan/steps/change-steps";
import type { PendingOperation, StackState } from "../state/stored-state";

interface Reconciled {
  readonly state: StackState;
  /** Whether anything was found out that the state did not say. */
  readonly changed: boolean;
}

/**
 * Asks the providers what became of operations that an interrupted run left open: creates that took effect are taken over,
 * updates are read again, deletions that took effect are recorded. Where a provider cannot tell, a create stays open, as with
 * the real engine.
 */
export async function reconcileInterrupted(
  state: StackState,
  providers: ProviderRegistry,
  events: EventStream,
): Promise<Reconciled> {
  if (state.pendingOperations.length === 0) return { state, changed: false };
  const resources = [...state.resources];
  const open: PendingOperation[] = [];
  for (const operation of state.pendingOperations) {
    const client = await lookupClient(operation.resource, providers, events);
    if (client?.interruptedCreates === undefined) open.push(operation);
    else await reconcile(operation, client, resources, events);
  }
  return { state: { resources, pendingOperations: open }, changed: open.length < state.pendingOperations.length };
}

async function lookupClient(
  resource: ResourceState,
  providers: ProviderRegistry,
  events: EventStream,
): Promise<ProviderClient | undefined> {
  if (resource.provider === "") return undefined;
  try {
    return await providers.ensure(resource.provider);
  } catch (error) {
    events.diagnostic("warning", `cannot look up the interrupted operation: ${messageOf(error)}`, resource.urn);
    return undefined;
  }
}

async function reconcile(
  { resource, type }: PendingOperation,
  client: ProviderClient,
  resources: ResourceState[],
  events: EventStream,
): Promise<void> {
  if (type === "creating") await adoptCreated(resource, client, resources, events);
  if (type === "updating" || type === "deleting") await readAgain(resource, client, resources, events);
}

async function adoptCreated(
  resource: ResourceState,
  client: ProviderClient,
  resources: ResourceState[],
  events: EventStream,
): Promise<void> {
  const found = await client.interruptedCreates?.({ ...identityOf(resource), inputs: resource.inputs });
  // What the state holds already was made before: it is what the interrupted create was to replace.
  const isNew = (id: string) => !resources.some((state) => state.urn === resource.urn && state.id === id);
  if (found === undefined || !isNew(found.id)) {
    events.diagnostic("info", "an interrupted create had not taken effect", resource.urn);
    return;
  }
  const now = new Date().toISOString();
  const { id, outputs } = found;
  for (const old of resources.filter((state) => state.urn === resource.urn && !state.delete)) {
    if (old.pendingReplacement) resources.splice(resources.indexOf(old), 1);
    else old.delete = true;
  }
  resources.push(newResourceState({ ...resource, id, outputs, created: now, modified: now }));
  events.diagnostic("info", `an interrupted create had taken effect: ${id} is taken over`, resource.urn);
}

async function readAgain(
  resource: ResourceState,
  client: ProviderClient,
  resources: ResourceState[],
  events: EventStream,
): Promise<void> {
  // An update that did not end has no id of its own yet: it is about what is there.
  const isMeant = (state: ResourceState) => (resource.id === "" ? !state.delete : state.id === resource.id);
  const index = resources.findIndex((state) => state.urn === resource.urn && isMeant(state));
  const known = resources[index];
  if (known === undefined) return;
  const { id, inputs, outputs } = known;
  const found = await client.read({ ...identityOf(known), id, inputs, outputs });
  if (found === undefined) {
    resources.splice(index, 1);
    events.diagnostic("info", "an interrupted operation had left nothing behind: the resource is gone", resource.urn);
    return;
  }
  resources[index] = { ...known, inputs: found.inputs, outputs: found.outputs };
}
