import type { EngineResult, OperationRequest } from "./engine";
import type { EventStream } from "./events/event-stream";
import { DefaultProviders } from "./monitor/default-providers";
import { ResourceMonitor } from "./monitor/resource-monitor";
import {
  closeSession,
  isDryRun,
  type OperationEnd,
  type OperationSession,
  openSession,
} from "./operation/operation-session";
import { performDeletions } from "./plan/deletion-planner";
import { Deployment } from "./plan/deployment";
import type { PlanningContext } from "./plan/planning-context";
import { analyzedResource, PolicyChecks, providerUrn } from "./plan/policy-checks";
import type { ResourceState } from "./plan/resource-state";
import { sameStates } from "./plan/same-states";
import type { ResourceStep } from "./plan/step";
import { StepExecutor } from "./plan/step-executor";
import { refreshStep } from "./plan/steps/read-steps";
import { reportUnknownTargets } from "./plan/targets";
import { isRootStack, type Urn } from "./plan/urn";
import { GapWatch } from "./program/emulation-gaps";
import { loadProjectSdk } from "./program/project-sdk";
import { runProgram } from "./program/run-program";
import type { PendingOperation } from "./state/state-store";

export {
  StackLocked,
  StateError,
  StateNotWritable,
  UnreadableState,
  WrongPassphrase,
} from "../../deployment/state-errors";
export { DiskStateStore } from "./state/disk-state-store";
export { loadDeployment, MemoryStateStore, readStackOutputs } from "./state/state-store";

/**
 * Runs one operation on a stack, from lock to summary. Its events go to `request.emit`, its trouble with single resources into
 * the result; what prevents it from running at all (a lock, an unreadable state, a full disk) is thrown.
 */
export async function runOperation(request: OperationRequest): Promise<EngineResult> {
  const unlock = isDryRun(request) ? undefined : await request.state.lock(request.kind);
  try {
    const session = await openSession(request, () => warmUp(request));
    return await closeSession(session, await runKind(session));
  } finally {
    await unlock?.();
  }
}

function runKind(session: OperationSession): Promise<OperationEnd> {
  switch (session.request.kind) {
    case "preview":
    case "up":
      return runUpdate(session);
    case "refresh":
      return runRefresh(session);
    case "destroy":
      return runDestroy(session);
  }
}

/** Loading the SDK takes as long as deriving the key of the state, and can be done meanwhile. */
function warmUp({ kind, project }: OperationRequest): void {
  if (kind === "preview" || kind === "up") loadProjectSdk(project.root);
}

/** Deletes everything the stack has, without running its program. */
async function runDestroy(session: OperationSession): Promise<OperationEnd> {
  const { context, events, dryRun } = session;
  if (!dryRun) warnOfPendingOperations(events, session.pending);
  const deployment = new Deployment(context, session.reporter, session.recorder, session.parallel);
  const stopListening = onAbort(session.request.signal, () => deployment.stop("cancelled"));
  if (reportUnknownTargets(context, deployment.progress)) deployment.failure = "other";
  else await performDeletions(deployment);
  await deployment.idle();
  stopListening();
  const { stopReason, progress } = deployment;
  const failed = stopReason === "step" || (stopReason !== "bail" && progress.sawError !== undefined);
  const cancelled = stopReason === "cancelled";
  if (failed || cancelled) closingLine(session, failed ? "failed" : "canceled");
  return {
    failure: progress.sawError ?? deployment.failure,
    cancelled,
    outputs: {},
    unchanged: context.base.length === 0,
  };
}

/** Reads every resource again and takes over what it finds. */
async function runRefresh(session: OperationSession): Promise<OperationEnd> {
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
  for (const old of base) {
    const step = steps.get(old);
    const state = step === undefined ? old : step.next;
    if (state === undefined) continue;
    present.push(withoutGone(state, known));
    known.add(state.urn);
  }
  // As the real engine does: it looks for the parent's parent among those that are left, where the parent is not.
  for (const state of present) if (!known.has(state.parent)) state.parent = "";
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

/** Runs the program and makes what it asks for true; in a preview, says what that would be. */
async function runUpdate(session: OperationSession): Promise<OperationEnd> {
  const { request, context, events, dryRun } = session;
  if (!dryRun) warnOfPendingOperations(events, session.pending);
  const deployment = new Deployment(context, session.reporter, session.recorder, session.parallel);
  const monitor = new ResourceMonitor(deployment, new DefaultProviders(deployment, request.config));
  const stopListening = onAbort(request.signal, () => deployment.stop("cancelled"));
  const { project, stack, organization, config } = request;
  const source = request.program ?? { kind: "project" };
  const { stopped } = deployment;
  const isIdle = () => monitor.isIdle();
  const gaps = new GapWatch((token) => context.providers.gapsOf(token));
  const run = { source, project, stack, organization, config, dryRun, monitor, events, gaps, stopped, isIdle };
  const succeeded = await runProgram(run);
  await deployment.idle();
  for (const { urn, message } of gaps.warnings(deployment.current.values())) events.diagnostic("warning", message, urn);
  if (succeeded && deployment.stopReason === undefined) await finish(deployment);
  await deployment.idle();
  monitor.close();
  stopListening();
  return endOf(session, deployment, succeeded);
}

async function finish(deployment: Deployment): Promise<void> {
  const unknown = reportUnknownTargets(deployment.context, deployment.progress);
  await performDeletions(deployment);
  if (unknown) deployment.planningFailed(new Error("one or more targets could not be found in the stack"), "");
}

async function endOf(session: OperationSession, deployment: Deployment, succeeded: boolean): Promise<OperationEnd> {
  const { stopReason, progress, executor } = deployment;
  const cancelled = stopReason === "cancelled";
  const troubled =
    !succeeded || stopReason !== undefined || progress.sawError !== undefined || executor.errored.length > 0;
  const outputs = deployment.finishStackOutputs(troubled);
  // What stopped the plan itself was told in full; the rest gets a closing line.
  if (succeeded && stopReason !== "bail") {
    const isWhole = stopReason === undefined && deployment.abandoned.size === 0;
    if (isWhole && executor.errored.length === 0) await analyzeStack(deployment);
    const failed = stopReason === "step" || progress.sawError !== undefined;
    if (failed || cancelled) closingLine(session, failed ? "failed" : "canceled");
  }
  const unchanged = sameStates(session.context.base, deployment.current);
  return { failure: failureOf(deployment, succeeded), cancelled, outputs, unchanged };
}

function failureOf(deployment: Deployment, succeeded: boolean): EngineResult["failure"] {
  return deployment.progress.sawError ?? deployment.failure ?? (succeeded ? undefined : "program");
}

function closingLine({ events, dryRun }: OperationSession, what: "failed" | "canceled"): void {
  events.diagnostic("error", `${dryRun ? "preview" : "update"} ${what}`);
}

async function analyzeStack({ context, progress, registered }: Deployment): Promise<void> {
  if (context.policies.length === 0) return;
  const resources = [...registered.values()].map((state) => {
    const provider = progress.providers.get(providerUrn(state) ?? "");
    return analyzedResource(state, state.outputs, progress.goals.get(state.urn), provider);
  });
  if (await new PolicyChecks(context).analyzeStack(resources)) progress.noteError("policy");
}

function onAbort(signal: AbortSignal, stop: () => void): () => void {
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  return () => signal.removeEventListener("abort", stop);
}

/** What the real engine says when it meets operations that an interrupted run left open. */
function warnOfPendingOperations(events: EventStream, pending: readonly PendingOperation[]): void {
  if (pending.length === 0) return;
  const listed = pending.map(({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}\n`).join("");
  events.diagnostic(
    "warning",
    `Attempting to deploy or update resources with ${pending.length} pending operations from previous deployment.\n${listed}` +
      "These resources are in an unknown state because the Pulumi CLI was interrupted while waiting for changes to these " +
      "resources to complete. You should confirm whether or not the operations listed completed successfully by checking the " +
      "state of the appropriate provider. For example, if you are using AWS, you can confirm using the AWS Console.\n\n" +
      "Once you have confirmed the status of the interrupted operations, you can repair your stack using `pulumi refresh` " +
      "which will refresh the state from the provider you are using and clear the pending operations if there are any.\n\n" +
      "Note that `pulumi refresh` will need to be run interactively to clear pending CREATE operations.\n",
  );
}
