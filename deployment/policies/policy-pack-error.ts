/** A policy pack that cannot be loaded or that failed while it ran. Nothing is deployed past it. */
export class PolicyPackError extends Error {
  /**
   * @param pack the pack's directory as the user gave it
   * @param stage `load`: the pack never came up; `run`: a policy threw, or the pack died
   */
  constructor(
    readonly pack: string,
    readonly stage: "load" | "run",
    message: string,
  ) {
    super(message);
    this.name = "PolicyPackError";
  }
}
