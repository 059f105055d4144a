/** The list cannot be used; the message says all that is wrong with it, with line and column. */
export class NoiseListError extends Error {
  override name = "NoiseListError";
}
