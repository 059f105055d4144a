import type { EngineResult, OperationRequest } from "./engine";
import { runDestroy } from "./operation/destroy-operation";
import {
  closeSession,
  isDryRun,
  type OperationEnd,
  type OperationSession,
  openSession,
} from "./operation/operation-session";
import { runRefresh } from "./operation/refresh-operation";
import { runUpdate } from "./operation/update-operation";
import { loadProjectSdk } from "./program/project-sdk";

export {
  StackLocked,
  StateError,
  StateNotWritable,
  UnreadableState,
  WrongPassphrase,
} from "../../deployment/state-errors";
export { DiskStateStore } from "./state/disk-state-store";
export { MemoryStateStore } from "./state/state-store";
export { loadDeployment, readStackOutputs } from "./state/stored-state";

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
