import type { PropertyMap } from "../../../deployment/values/property-value";
import type { CustomTimeouts, ResourceState } from "./resource-state";
import type { Urn } from "./urn";

/** What the program asks for: one call of `registerResource`, decoded. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly remote: boolean;
  readonly properties: PropertyMap;
  readonly parent: Urn;
  readonly protect: boolean | undefined;
  readonly dependencies: readonly Urn[];
  /** `urn::id` of the provider; empty for components and providers. */
  readonly provider: string;
  readonly propertyDependencies: Readonly<Record<string, readonly Urn[]>>;
  readonly deleteBeforeReplace: boolean | undefined;
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly aliases: readonly Alias[];
  /** The id to import, or empty. */
  readonly importId: string;
  readonly customTimeouts: CustomTimeouts;
  readonly replaceOnChanges: readonly string[];
  readonly retainOnDelete: boolean | undefined;
  readonly deletedWith: Urn;
  readonly replaceWith: readonly Urn[];
}

/** Another identity under which the last deployment may know a resource. */
export type Alias =
  | { readonly kind: "urn"; readonly urn: Urn }
  | {
      readonly kind: "spec";
      readonly name: string;
      readonly type: string;
      readonly stack: string;
      readonly project: string;
      readonly parent:
        | { readonly kind: "same" }
        | { readonly kind: "none" }
        | { readonly kind: "urn"; readonly urn: Urn };
    };

/** What the program asks to read: one call of `readResource`, decoded. */
export interface ReadGoal {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly properties: PropertyMap;
  readonly parent: Urn;
  readonly dependencies: readonly Urn[];
  readonly provider: string;
  readonly additionalSecretOutputs: readonly string[];
}

/** A registration that waits for its answer. */
export interface Registration {
  readonly goal: Goal;
  readonly answer: (state: ResourceState) => void;
}

export interface ReadRegistration {
  readonly goal: ReadGoal;
  readonly answer: (state: ResourceState) => void;
}
