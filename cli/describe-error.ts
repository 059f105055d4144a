import { PulumiCliError, RemoteStackNotFoundError } from "../deployment/automation/automation-errors";
import { hintFor } from "../deployment/hints";
import { PolicyPackError } from "../deployment/policies/policy-pack-error";
import { ConfigDecryptionError, ProjectError, StackNotFoundError } from "../deployment/project/project-error";
import { WrongPassphrase } from "../deployment/state-errors";
import { diskProblem } from "../lib/file-access";
import { GithubNotConfigured } from "../lib/github/github-error";
import { LocatedError } from "../lib/located-yaml/located-error";
import { isRefusal } from "../lib/refusal";
import { NotSignedIn } from "../operations/drift/unmanaged";
import { OverrideError } from "../operations/guard/override";
import { PolicyFileError } from "../policies/pack-file";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes";

/** The exit code and the text for an error that ended a command. */
export function describeError(error: unknown): { readonly exitCode: ExitCode; readonly message: string } {
  if (error instanceof CommandError) return { exitCode: error.exitCode, message: error.message };
  if (error instanceof OverrideError) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof GithubNotConfigured) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof PulumiCliError) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof StackNotFoundError || error instanceof RemoteStackNotFoundError)
    return { exitCode: exitCodes.stackNotFound, message: error.message };
  if (error instanceof ProjectError) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof PolicyFileError) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof PolicyPackError) return { exitCode: exitCodes.badConfiguration, message: error.message };
  if (error instanceof WrongPassphrase || error instanceof ConfigDecryptionError)
    return { exitCode: exitCodes.authentication, message: error.message };
  if (error instanceof NotSignedIn) return { exitCode: exitCodes.authentication, message: error.message };
  const message = systemErrorText(error);
  if (error instanceof LocatedError || isRefusal(message)) return { exitCode: exitCodes.badConfiguration, message };
  const hint = hintFor(message, undefined);
  return { exitCode: exitCodes.error, message: hint === undefined ? message : `${message}\nwhat to do: ${hint}` };
}

function systemErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const problem = diskProblem(error);
  if (problem === undefined) return error.message === "" ? error.name : error.message;
  return "path" in error && typeof error.path === "string" ? `${error.path}: ${problem}` : problem;
}
