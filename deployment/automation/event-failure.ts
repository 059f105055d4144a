import type { OperationLog } from "../display/operation-log";
import type { OperationResult } from "../operation";

/** Why an operation failed, told from its events: the CLI's own exit code is 1 for most of these. */
export function failureOf(log: OperationLog): OperationResult["failure"] {
  if (log.policies.mandatory.length > 0) return "policy";
  if ([...log.rows.values()].some((row) => row.failed)) return "resource";
  const aboutResource = log.diagnostics.errors.some(
    (error) => error.urn !== undefined && !error.urn.includes(stackType),
  );
  if (aboutResource) return "resource";
  return log.diagnostics.errors.some((error) => error.message.includes("unhandled exception")) ? "program" : "other";
}

const stackType = "::pulumi:pulumi:Stack::";
