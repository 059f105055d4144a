/** What stops a drill. The message says what was expected and what to do. */
export class DrillError extends Error {
  override name = "DrillError";
}

/** A program that a drill needs and this machine does not have. The message says how to get it. */
export class MissingProgramError extends DrillError {
  override name = "MissingProgramError";
}
