/** Exit codes of the program on the hosts: the same numbers as those of the project's commands. */
export const hostExitCodes = {
  done: 0,
  error: 1,
  badConfiguration: 2,
  authentication: 3,
  /** A step failed. */
  resource: 4,
  /** A check refused. */
  refused: 5,
  cancelled: 8,
  timeout: 9,
} as const;
export type HostExitCode = (typeof hostExitCodes)[keyof typeof hostExitCodes];

/** An error that a person can act on; its message stands without a stack trace. */
export class HostError extends Error {
  override name = "HostError";
  constructor(
    readonly exitCode: HostExitCode,
    message: string,
  ) {
    super(message);
  }
}
