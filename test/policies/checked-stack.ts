import type { PolicyViolation } from "../../deployment/policies/policy-analyzer";
import type { RuleCoverage } from "../../operations/policies/rule-coverage";
import type { ShapeFile } from "../../operations/policies/stack-shapes";
import type { MutationReport } from "./answering-rules";
import type { ExceptionUse } from "./exception-uses";

/** What `check-stacks.ts` prints. */
export interface CheckedStacks {
  readonly stacks: readonly StackReport[];
  readonly missingTypeFacts: readonly string[];
  readonly coverage: readonly RuleCoverage[];
  /** As they would be written now. */
  readonly shapes: readonly ShapeFile[];
  readonly costs: {
    /** `docs/cost.md` as it would be written now. */
    readonly page: string;
    /** Of every stack and preset that has one. */
    readonly budgets: readonly { readonly stack: string; readonly budget: number; readonly estimate: number }[];
  };
}

export interface StackReport {
  readonly stack: string;
  /** Of the preview and the update. */
  readonly results: readonly string[];
  readonly diagnostics: readonly string[];
  /** How many resources the update asked about. */
  readonly resources: number;
  /** Their types, as current tokens. */
  readonly types: readonly string[];
  /** Without those that only say that something cannot be decided yet. */
  readonly violations: readonly PolicyViolation[];
  readonly undecided: { readonly preview: number; readonly up: number };
  readonly differences: readonly string[];
  readonly mutations: readonly MutationReport[];
  /** What each exception of the stack excuses at the update. */
  readonly exceptions: readonly ExceptionUse[];
  /** Differences from another stack that are declared, and are none. */
  readonly needlessDifferences: readonly string[];
}
