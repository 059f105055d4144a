// By themselves, because every command knows them and few need what throws them: a GitHub client, which takes long to load.

/** The environment does not say where drift is filed. */
export class FilingNotConfigured extends Error {
  override name = "FilingNotConfigured";
}

/** The list cannot be used; the message says all that is wrong with it, with line and column. */
export class NoiseListError extends Error {
  override name = "NoiseListError";
}
