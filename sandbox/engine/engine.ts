import { satisfies } from "semver";
import type { EngineEvent } from "../../deployment/engine-event";
import type { ConfigValue, OperationKind, OperationResult, Project } from "../../deployment/operation";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import type { PropertyMap } from "../../deployment/values/property-value";
import type { ProgramSource } from "./program/run-program";
import type { Provider } from "./provider";
import type { StateStore } from "./state/state-store";

/** The version of Pulumi whose engine the sandbox follows; written into the state, and asked for by programs. */
export const engineVersion = "3.260.0";

/**
 * Why a range shuts {@link engineVersion} out; undefined when it does not. A range is written as Pulumi reads it: comparisons that all
 * hold, with `||` between alternatives. It knows `!3.7.7` and `3.x`, and neither `^` nor `~`.
 *
 * @example versionProblem(">=3.100.0 !3.101.0 <4.0.0 || >=5.0.0")
 */
export function versionProblem(range: string): string | undefined {
  const alternatives = range.split("||").map((part) =>
    part
      .replace(/([<>=!])\s+/g, "$1")
      .trim()
      .split(/\s+/),
  );
  const unreadable = alternatives.flat().find((comparison) => !comparisonPattern.test(comparison));
  if (unreadable !== undefined) {
    return `cannot read "${unreadable}" in the version range "${range}"; expected comparisons such as >=3.100.0, !3.101.0 or 3.x`;
  }
  if (alternatives.some((comparisons) => comparisons.every(holds))) return undefined;
  return `Pulumi CLI version ${engineVersion}, as which the sandbox runs, does not satisfy the version range "${range}"`;
}

const comparisonPattern = /^(>=|<=|>|<|==?|!=?)?(\d+\.x(\.x)?|\d+\.\d+\.(x|\d+(-[\w.-]+)?(\+[\w.-]+)?))$/;

function holds(comparison: string): boolean {
  const version = comparison.replace(/^[<>=!]+/, "");
  const operator = comparison.slice(0, comparison.length - version.length);
  if (operator.startsWith("!")) return !satisfies(engineVersion, version);
  return satisfies(engineVersion, operator.replace("==", "=") + version);
}

export type { ProgramSource } from "./program/run-program";
export type { StateStore } from "./state/state-store";

export interface OperationRequest {
  readonly kind: OperationKind;
  /** For `refresh` and `destroy`: show what would happen, change nothing. */
  readonly previewOnly: boolean;
  readonly project: Project;
  /** What is run. Default: the project's own program. `refresh` and `destroy` run none. */
  readonly program?: ProgramSource;
  /** The organisation in stack references; `organization` without a service, as with the real file backend. */
  readonly organization: string;
  readonly stack: string;
  /** Fully qualified keys (`alai:environment`). Project defaults are already merged in. */
  readonly config: ReadonlyMap<string, ConfigValue>;
  /** A new provider for a package name, or undefined when the package is not one the sandbox has. */
  readonly provider: (packageName: string) => Provider | undefined;
  readonly policies: readonly PolicyAnalyzer[];
  readonly state: StateStore;
  /** Outputs of another stack by its full name, or undefined when it has never been deployed. */
  readonly stackOutputs: (qualifiedName: string) => Promise<PropertyMap | undefined>;
  /** The URNs of `--target`; empty means everything. */
  readonly targets: readonly string[];
  /** For `destroy`: URNs that are deleted although they are protected. In the state they stay protected until they are gone. Default: none. */
  readonly unprotected?: readonly string[];
  /**
   * What fails leaves alone what does not need it, as with the real engine's `--continue-on-error`; what it needs is not deleted.
   * Default: the first failure stops what has not begun.
   */
  readonly continueOnError?: boolean;
  /** Fail when anything would change. */
  readonly expectNoChanges?: boolean;
  /** How many resources may be worked on at once. Default 16, as the real engine's. */
  readonly parallel?: number;
  /** For `refresh`: forget interrupted creates that the provider cannot look up. */
  readonly clearPendingCreates?: boolean;
  /** Called with each event, in order. */
  readonly emit: (event: EngineEvent) => void;
  /** Aborting stops new steps, lets running ones finish, and saves the state. */
  readonly signal: AbortSignal;
}

/** How an operation of the sandbox ended, and what only the sandbox can tell of it. */
export interface EngineResult extends OperationResult {
  readonly outputs: PropertyMap;
  /** Whether the state stays exactly as it was; of a preview, whether applying it would leave it so. */
  readonly unchanged: boolean;
}
