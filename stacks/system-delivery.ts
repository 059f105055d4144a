/** The repository whose workflows deploy the stacks of all systems, as the inventory of one of them says. */
export interface SystemDelivery {
  /** The stack that makes the identities of the workflows. */
  readonly stack: string;
  /** Below the project's directory. @example "stacks/alai/inventory" */
  readonly inventory: string;
  /** Without its owner. */
  readonly repository: string;
  /** The environments from which its workflows deploy, and whether somebody lets deployments in there. */
  readonly environments: readonly { readonly name: string; readonly isReviewed: boolean }[];
}
