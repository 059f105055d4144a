import { PulumiCliError, RemoteStackNotFoundError } from "../deployment/automation/automation-errors";
import { hintFor } from "../deployment/hints";
import type { OperationResult } from "../deployment/operation";
import { PolicyPackError } from "../deployment/policies/policy-pack-error";
import { ConfigDecryptionError, ProjectError, StackNotFoundError } from "../deployment/project/project-error";
import { WrongPassphrase } from "../deployment/state-errors";
import { GithubNotConfigured } from "../lib/github/github-error";
import { NoiseListError } from "../operations/drift/noise";
import { OverrideError } from "../operations/guard/override";

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

/** The exit code and the text for an error that ended a command. */
export function describeError(error: unknown): { readonly exitCode: ExitCode; readonly message: string } {
  if (error instanceof CommandError) return { exitCode: error.exitCode, message: error.message };
  if (error instanceof OverrideError) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof GithubNotConfigured || error instanceof NoiseListError)
    return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof PulumiCliError) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof StackNotFoundError || error instanceof RemoteStackNotFoundError)
    return { exitCode: exitCodes.stackNotFound, message: error.message };
  if (error instanceof ProjectError) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof PolicyPackError) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof WrongPassphrase || error instanceof ConfigDecryptionError)
    return { exitCode: exitCodes.authentication, message: error.message };
  const message = systemErrorText(error);
  const hint = hintFor(message, undefined);
  return { exitCode: exitCodes.error, message: hint === undefined ? message : `${message}\nwhat to do: ${hint}` };
}

function systemErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const where = "path" in error && typeof error.path === "string" ? `: ${error.path}` : "";
  switch ("code" in error ? error.code : undefined) {
    case "ENOSPC":
      return `the disk is full${where}. Nothing of the last write was kept; make room and run the command again.`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `no permission to write${where}`;
    default:
      return error.message === "" ? error.name : error.message;
  }
}
