import { OperationLog } from "../deployment/display/operation-log";
import type { EngineEvent } from "../deployment/engine-event";
import type { CommandContext } from "./command";
import type { DeploymentEngine } from "./engines/deployment-engine";
import type { LoggedResult, RequestedOperation } from "./run-and-print";

/** Runs one operation for what its events say, without showing them. */
export async function runQuietly(
  context: CommandContext,
  engine: DeploymentEngine,
  operation: RequestedOperation,
): Promise<LoggedResult> {
  const log = new OperationLog();
  const events: EngineEvent[] = [];
  const emit = (event: EngineEvent): void => {
    events.push(event);
    log.record(event);
  };
  const { target = [] } = context.options;
  const result = await engine.run({ ...operation, targets: target, emit, signal: context.signal });
  return { ...result, log, events };
}
