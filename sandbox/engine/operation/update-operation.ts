import type { EngineResult } from "../engine";
import { DefaultProviders } from "../monitor/default-providers";
import { ResourceMonitor } from "../monitor/resource-monitor";
import { Deployment } from "../plan/deployment";
import { analyzedResource, PolicyChecks, providerUrn } from "../plan/policy-checks";
import { sameStates } from "../plan/same-states";
import { reportUnknownTargets } from "../plan/targets";
import { runProgram } from "../program/run-program";
import { performDeletions } from "./deletions";
import type { OperationEnd, OperationSession } from "./operation-session";
import { warnOfPendingOperations } from "./pending-warning";

/** Runs the program and makes what it asks for true; in a preview, says what that would be. */
export async function runUpdate(session: OperationSession): Promise<OperationEnd> {
  const { request, context, events, dryRun } = session;
  if (!dryRun) warnOfPendingOperations(events, session.pending);
  const deployment = new Deployment(context, session.reporter, session.recorder, session.parallel);
  const monitor = new ResourceMonitor(deployment, new DefaultProviders(deployment, request.config));
  const stopListening = onAbort(request.signal, () => deployment.stop("cancelled"));
  const { project, stack, organization, config } = request;
  const source = request.program ?? { kind: "project" };
  const { stopped } = deployment;
  const isIdle = () => monitor.isIdle();
  const run = { source, project, stack, organization, config, dryRun, monitor, events, stopped, isIdle };
  const succeeded = await runProgram(run);
  await deployment.idle();
  if (succeeded && deployment.stopReason === undefined) await finish(deployment);
  await deployment.idle();
  monitor.close();
  stopListening();
  return endOf(session, deployment, succeeded);
}

async function finish(deployment: Deployment): Promise<void> {
  const unknown = reportUnknownTargets(deployment.context, deployment.progress);
  // What failed or was left out may still need what the program no longer asks for.
  if (deployment.abandoned.size === 0) await performDeletions(deployment);
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

export function closingLine({ events, dryRun }: OperationSession, what: "failed" | "canceled"): void {
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

export function onAbort(signal: AbortSignal, stop: () => void): () => void {
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  return () => signal.removeEventListener("abort", stop);
}
