import type { PropertyMap } from "../../../deployment/values/property-value";
import { refusal } from "../../../lib/refusal";
import type { EngineResult, OperationRequest } from "../engine";
import { EventStream } from "../events/event-stream";
import { StepReporter } from "../events/step-reporter";
import { BuiltinProvider, builtinPackage } from "../plan/builtin-provider";
import { DependencyGraph } from "../plan/dependency-graph";
import { messageOf } from "../plan/engine-errors";
import type { PlanningContext } from "../plan/planning-context";
import { type ProviderClient, ProviderRegistry } from "../plan/provider-registry";
import { newResourceState, type ResourceState } from "../plan/resource-state";
import { identityOf } from "../plan/steps/change-steps";
import type { Urn } from "../plan/urn";
import { Snapshot } from "../state/snapshot";
import { type StateJournal, silentJournal } from "../state/state-journal";
import {
  cipherFor,
  decodeState,
  encodeState,
  noRecorder,
  type PendingOperation,
  type StackState,
  type StepRecorder,
} from "../state/state-store";
import { heapProblem } from "./heap-need";

const defaultParallelism = 16;

/** Everything one operation works with, from the state as it was found. */
export interface OperationSession {
  readonly request: OperationRequest;
  readonly dryRun: boolean;
  readonly parallel: number;
  readonly events: EventStream;
  readonly reporter: StepReporter;
  readonly context: PlanningContext;
  readonly snapshot: Snapshot;
  readonly recorder: StepRecorder;
  readonly pending: readonly PendingOperation[];
  readonly journal: StateJournal;
  readonly started: number;
}

/** How an operation ended. */
export interface OperationEnd {
  readonly failure: EngineResult["failure"];
  readonly cancelled: boolean;
  readonly outputs: PropertyMap;
  /** Whether every resource's state is what it was. */
  readonly unchanged: boolean;
}

export function isDryRun({ kind, previewOnly }: OperationRequest): boolean {
  return kind === "preview" || previewOnly;
}

/** Reads the state and settles what an interrupted run left open. `warmUp` runs while the key is derived. */
export async function openSession(request: OperationRequest, warmUp: () => void): Promise<OperationSession> {
  const started = Date.now();
  const dryRun = isDryRun(request);
  const document = await request.state.load();
  const opening = cipherFor(document, request.state.location);
  // A wrong passphrase is told below, also when warming up fails first.
  opening.catch(() => {});
  warmUp();
  const cipher = await opening;
  const found = decodeState(document, cipher, request.state.location);
  const problem = heapProblem(found.resources.length);
  if (problem !== undefined) throw refusal(`stack "${request.stack}"`, [problem]);
  const events = new EventStream(request.emit, request.config.values());
  const providers = new ProviderRegistry(providerFactory(request), dryRun, found.resources);
  beginEvents(events, request);
  const { state, changed } = dryRun
    ? { state: found, changed: false }
    : await reconcileInterrupted(found, providers, events);
  if (changed) await request.state.save(encodeState(state, cipher));
  const journal = dryRun ? silentJournal : await request.state.openJournal();
  const snapshot = new Snapshot(state.resources, state.pendingOperations, cipher, journal);
  return {
    request,
    dryRun,
    parallel: request.parallel ?? defaultParallelism,
    events,
    reporter: new StepReporter(events, dryRun),
    context: contextFor(request, dryRun, state.resources, providers, events),
    snapshot,
    recorder: dryRun ? noRecorder : snapshot,
    pending: state.pendingOperations,
    journal,
    started,
  };
}

/** Saves the state and tells the summary. */
export async function closeSession(session: OperationSession, end: OperationEnd): Promise<EngineResult> {
  const { request, dryRun, events, reporter, snapshot, journal, started } = session;
  await journal.close();
  if (!dryRun) await request.state.save(snapshot.document());
  const changes = Object.fromEntries([...reporter.changes].sort(([left], [right]) => (left < right ? -1 : 1)));
  const failed = end.failure !== undefined || end.cancelled;
  events.emit({
    summaryEvent: {
      maybeCorrupt: reporter.maybeCorrupt,
      durationSeconds: Math.ceil((Date.now() - started) / 1000),
      resourceChanges: changes,
      PolicyPacks: Object.fromEntries(request.policies.map(({ packLabel, packVersion }) => [packLabel, packVersion])),
      isPreview: dryRun,
      result: failed ? "failed" : "succeeded",
    },
  });
  events.emit({ cancelEvent: {} });
  const unexpected = !failed && request.expectNoChanges === true && Object.keys(changes).some(isChange);
  const failure = unexpected ? "changes" : end.failure;
  const result = end.cancelled ? "cancelled" : failure === undefined ? "succeeded" : "failed";
  const isSettled = session.pending.length === 0 && !request.state.isInterrupted();
  const unchanged = end.unchanged && !failed && isSettled;
  return { result, failure, changes, outputs: end.outputs, unchanged };
}

function isChange(operation: string): boolean {
  return operation !== "same" && operation !== "read";
}

function beginEvents(events: EventStream, { policies, config }: OperationRequest): void {
  if (policies.length > 0) events.emit({ policyLoadEvent: {} });
  const shown: Record<string, string> = {};
  for (const [key, { value, secret }] of config) shown[key] = secret ? "[secret]" : value;
  events.emit({ preludeEvent: { config: shown } });
}

function providerFactory(request: OperationRequest): ConstructorParameters<typeof ProviderRegistry>[0] {
  return (packageName) =>
    packageName === builtinPackage ? new BuiltinProvider(request.stackOutputs) : request.provider(packageName);
}

function contextFor(
  request: OperationRequest,
  dryRun: boolean,
  base: readonly ResourceState[],
  providers: ProviderRegistry,
  events: EventStream,
): PlanningContext {
  const olds = new Map<Urn, ResourceState>();
  for (const state of base) if (!state.delete) olds.set(state.urn, state);
  return {
    stack: request.stack,
    project: request.project.name,
    dryRun,
    targets: request.targets.length > 0 ? new Set(request.targets) : undefined,
    unprotected: new Set(request.unprotected),
    continueOnError: request.continueOnError ?? false,
    base,
    olds,
    graph: new DependencyGraph(base),
    providers,
    policies: request.policies,
    events,
  };
}

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
async function reconcileInterrupted(
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
  events.diagnostic(
    "info",
    `an interrupted create had taken effect: ${id} is taken over; Pulumi would create it again`,
    resource.urn,
  );
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
