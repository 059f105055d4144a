/** What a pack may know of the run it checks. */
export interface PolicyPackContext {
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
  /** Whether this is a preview. */
  readonly dryRun: boolean;
  /** Fully qualified keys (`alai:environment`); secrets in the clear, as the real engine gives them. */
  readonly config: ReadonlyMap<string, string>;
}
