import { displayEntries } from "./display-value";
import type { OperationLog } from "./operation-log";
import { mapDifference } from "./property-diff";
import { differenceLines, propertyLines } from "./property-lines";
import type { Paint } from "./terminal";

/** The stack's outputs; in an update that changes some, only those that change. Secrets show as `[secret]`. */
export function stackOutputLines(log: OperationLog, paint: Paint): string[] {
  // A program that stopped half-way has not said its outputs; the old ones are not gone.
  if (log.summary?.succeeded === false) return [];
  const stack = log.stack;
  const step = stack?.steps.get("same") ?? stack?.steps.get("create") ?? stack?.steps.get("update");
  if (step === undefined || step.old === undefined || step.old === null) return newOutputLines(step?.new?.outputs);
  const before = displayEntries(step.old.outputs ?? {});
  const after = displayEntries(step.new?.outputs ?? {});
  const difference = mapDifference(before, after);
  if (difference.kind === "same") return log.isPreview ? [] : propertyLines(after);
  return differenceLines(difference, paint);
}

/** All outputs, for a stack seen for the first time and for the `outputs` command. */
export function newOutputLines(outputs: Readonly<Record<string, unknown>> | undefined): string[] {
  return propertyLines(displayEntries(outputs ?? {}));
}
