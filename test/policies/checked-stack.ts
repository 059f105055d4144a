import type { PolicyViolation } from "../../sandbox/engine/policy-analyzer";

/** What `check-stacks.ts` prints of one stack. */
export interface StackReport {
  readonly stack: string;
  /** Of the preview and the update. */
  readonly results: readonly string[];
  readonly diagnostics: readonly string[];
  /** How many resources the update asked about. */
  readonly resources: number;
  /** How many of them at least one rule was about. */
  readonly checked: number;
  /** Without those that only say that something cannot be decided yet. */
  readonly violations: readonly PolicyViolation[];
  readonly undecided: { readonly preview: number; readonly up: number };
  readonly differences: readonly string[];
  readonly mutations: readonly MutationReport[];
}

export interface MutationReport {
  /** Its place in the list of mutations. */
  readonly mutation: number;
  readonly urn: string;
  readonly fires: readonly string[];
  readonly fired: readonly string[];
}
