/** Where a program comes from. */
export type ProgramSource =
  | { readonly kind: "project" }
  /** A function that makes resources and returns the stack's outputs, for tests. */
  | { readonly kind: "inline"; readonly run: () => unknown };
