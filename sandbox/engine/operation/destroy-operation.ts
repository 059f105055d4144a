import { Deployment } from "../plan/deployment";
import { reportUnknownTargets } from "../plan/targets";
import { performDeletions } from "./deletions";
import type { OperationEnd, OperationSession } from "./operation-session";
import { warnOfPendingOperations } from "./pending-warning";
import { closingLine, onAbort } from "./update-operation";

/** Deletes everything the stack has, without running its program. */
export async function runDestroy(session: OperationSession): Promise<OperationEnd> {
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
