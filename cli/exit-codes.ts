import type { OperationResult } from "../deployment/operation";

/** The Pulumi CLI's exit codes. */
export const exitCodes = {
  done: 0,
  error: 1,
  badConfiguration: 2,
  authentication: 3,
  resource: 4,
  policy: 5,
  stackNotFound: 6,
  unexpectedChanges: 7,
  cancelled: 8,
  timeout: 9,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that a person can act on, with the exit code that says of what kind it is. Its message stands without a stack trace. */
export class CommandError extends Error {
  override name = "CommandError";
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}

/** An option, or what an option says, that the command cannot work with. */
export function badOption(message: string): CommandError {
  return new CommandError(exitCodes.badConfiguration, message);
}

/** What a finished operation means for the exit code. */
export function operationExitCode(result: Pick<OperationResult, "result" | "failure">): ExitCode {
  if (result.result === "succeeded") return exitCodes.done;
  if (result.result === "cancelled") return exitCodes.cancelled;
  switch (result.failure) {
    case "policy":
      return exitCodes.policy;
    case "changes":
      return exitCodes.unexpectedChanges;
    case "resource":
      return exitCodes.resource;
    default:
      return exitCodes.error;
  }
}
