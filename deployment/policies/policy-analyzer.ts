import type { PropertyMap } from "../values/property-value";

/** One policy pack as the engine sees it, whether its rules run in this process or behind the Analyzer protocol. */
export interface PolicyAnalyzer {
  readonly packName: string;
  readonly packVersion: string;
  /** How the pack is listed in the summary: `conformance|local|../policies` in the recordings. */
  readonly packLabel: string;
  /** Changes a resource's properties before they are checked. Packs without remediation return them as they are. */
  remediate(resource: AnalyzedResource): Promise<RemediationResult>;
  /** Checks one resource before it is created or changed; its properties are inputs. */
  analyze(resource: AnalyzedResource): Promise<PolicyResult>;
  /** Checks the whole stack at the end of the program; properties are outputs. */
  analyzeStack(resources: readonly AnalyzedResource[]): Promise<PolicyResult>;
  close(): Promise<void>;
}

export interface AnalyzedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** May hold secrets and, in a preview, unknowns. */
  readonly properties: PropertyMap;
  readonly options: AnalyzedResourceOptions;
  readonly parent: string | undefined;
  readonly provider: AnalyzedProvider | undefined;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

export interface AnalyzedProvider {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly properties: PropertyMap;
}

export interface AnalyzedResourceOptions {
  readonly protect: boolean;
  readonly ignoreChanges: readonly string[];
  readonly deleteBeforeReplace: boolean | undefined;
  readonly aliases: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly customTimeouts: { readonly create: number; readonly update: number; readonly delete: number };
}

export interface PolicyViolation {
  readonly policyName: string;
  readonly enforcementLevel: "advisory" | "mandatory";
  /** The policy's description. */
  readonly description: string;
  /** What the event shows, as the Analyzer protocol carries it: the description, a line break, and what was found. */
  readonly message: string;
  /** The resource it is about; of a stack policy it may be absent. */
  readonly urn: string | undefined;
}

export interface PolicyResult {
  readonly violations: readonly PolicyViolation[];
  /** Names of the policies that ran and found nothing. */
  readonly passed: readonly string[];
  /** Names of the policies that do not apply to this resource, with the reason. */
  readonly notApplicable: readonly { readonly policyName: string; readonly reason: string }[];
  /**
   * Names of the policies that could not be decided because a value is unknown until `up`. Each is also among the violations, as
   * an advisory: that is how the real engine reports it.
   */
  readonly undecided: readonly { readonly policyName: string; readonly path: string }[];
}

export interface RemediationResult {
  readonly properties: PropertyMap;
  readonly passed: readonly string[];
  /** Remediations that could not be run because they touched an unknown value: advisories. */
  readonly violations: readonly PolicyViolation[];
  readonly remediations: readonly {
    readonly policyName: string;
    readonly before: PropertyMap;
    readonly after: PropertyMap;
  }[];
}

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
