import type { EngineEvent } from "./engine-event";
import type { PolicyAnalyzer } from "./policy-analyzer";
import type { PropertyMap } from "./property-value";
import type { Provider } from "./provider";

/** What a Pulumi project says of itself (`Pulumi.yaml`), resolved to absolute paths. */
export interface Project {
  readonly name: string;
  /** The directory that holds `Pulumi.yaml`. */
  readonly root: string;
  /** The file or directory that is run: `main`, or the root. */
  readonly main: string;
}

export interface ConfigValue {
  readonly value: string;
  readonly secret: boolean;
}

/** Where one stack's state lives. `sandbox/engine/state` has the implementation on disk. */
export interface StateStore {
  readonly stack: string;
}

export type OperationKind = "preview" | "up" | "refresh" | "destroy";

export interface OperationRequest {
  readonly kind: OperationKind;
  /** For `refresh` and `destroy`: show what would happen, change nothing. */
  readonly previewOnly: boolean;
  readonly project: Project;
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
  readonly targets: readonly string[];
  /** Called with each event, in order. */
  readonly emit: (event: EngineEvent) => void;
  /** Aborting stops new steps, lets running ones finish, and saves the state. */
  readonly signal: AbortSignal;
}

export interface OperationResult {
  readonly result: "succeeded" | "failed" | "cancelled";
  /** Why it failed, for the exit code: what a person must do differs. */
  readonly failure: "program" | "policy" | "resource" | "other" | undefined;
  /** Counts by operation, as in the summary event: `{ create: 3, same: 5 }`. */
  readonly changes: Readonly<Record<string, number>>;
  readonly outputs: PropertyMap;
}
