/** A restore test that could not be made: the store cannot be read, or a program is missing. Says nothing about the backups. */
export class RestoreTestError extends Error {
  override name = "RestoreTestError";
}

/** Nobody is signed in, or somebody who may not read the store. */
export class StoreSignInError extends RestoreTestError {
  override name = "StoreSignInError";
}
