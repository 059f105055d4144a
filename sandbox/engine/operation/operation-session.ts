import type { PropertyMap } from "../../../deployment/values/property-value";
import type { EngineResult, OperationRequest } from "../engine";
import { EventStream } from "../events/event-stream";
import { StepReporter } from "../events/step-reporter";
import { BuiltinProvider, builtinPackage } from "../plan/builtin-provider";
import { DependencyGraph } from "../plan/dependency-graph";
import type { PlanningContext } from "../plan/planning-context";
import { ProviderRegistry } from "../plan/provider-registry";
import type { ResourceState } from "../plan/resource-state";
import type { Urn } from "../plan/urn";
import { Snapshot } from "../state/snapshot";
import { type StateJournal, silentJournal } from "../state/state-journal";
import { noRecorder, type StepRecorder } from "../state/step-recorder";
import { cipherFor, decodeState, encodeState, type PendingOperation } from "../state/stored-state";
import { reconcileInterrupted } from "./interrupted-operations";

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
  const found = decodeState(document, cipher);
  const events = new EventStream(request.emit, secretsOf(request));
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
  const unchanged = end.unchanged && !failed && session.pending.length === 0;
  return { result, failure, changes, outputs: end.outputs, unchanged };
}

function secretsOf({ config }: OperationRequest): readonly string[] {
  return [...config.values()].flatMap(({ value, secret }) => (secret ? secretParts(value) : []));
}

/** The value, and the texts in it when it is a JSON document: a program reads them one by one. */
function secretParts(value: string): readonly string[] {
  const parts: string[] = [value];
  try {
    JSON.parse(value, (_key, part) => {
      if (typeof part === "string") parts.push(part);
      return part;
    });
  } catch {
    return [value];
  }
  return parts;
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
