import { writeProblem } from "../lib/file-access";

/** Something is wrong with a stack's state or with the way to it; nothing was changed. */
export class StateError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StateError";
  }
}

/** The file is not a deployment document that this version understands. */
export class UnreadableState extends StateError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UnreadableState";
  }
}

/** The passphrase is not the one the state was encrypted with. */
export class WrongPassphrase extends StateError {
  constructor(where: string) {
    super(
      `${where}: incorrect passphrase. Set PULUMI_CONFIG_PASSPHRASE to the one this state was encrypted with ` +
        "(the sandbox's own default is not secret and needs no setting)",
    );
    this.name = "WrongPassphrase";
  }
}

/** The disk refused: full, read-only, no permission. What was there before is intact. */
export class StateNotWritable extends StateError {
  constructor(path: string, cause: unknown) {
    super(`${path}: ${writeProblem(cause)}. The state that was there is unchanged`, { cause });
    this.name = "StateNotWritable";
  }
}

/** Another operation works on the stack. */
export class StackLocked extends StateError {
  constructor(message: string) {
    super(message);
    this.name = "StackLocked";
  }
}
