import type { PropertyMap, PropertyValue } from "../../../deployment/values/property-value";
import type { Urn } from "./urn";

/** Seconds; 0 is the provider's own default. */
export interface CustomTimeouts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

export const noTimeouts: CustomTimeouts = { create: 0, update: 0, delete: 0 };

/**
 * One resource as the engine knows it, before, during and after an operation.
 * It is identified by object identity: several may share a URN while one of them waits to be deleted.
 */
export interface ResourceState {
  readonly type: string;
  urn: Urn;
  readonly custom: boolean;
  /** Replaced and waiting to be deleted. */
  delete: boolean;
  /** Empty for components and for what is not created yet. */
  id: string;
  inputs: PropertyMap;
  outputs: PropertyMap;
  parent: Urn;
  protect: boolean;
  /** Read, not owned. */
  external: boolean;
  dependencies: readonly Urn[];
  initErrors: readonly string[];
  provider: string;
  propertyDependencies: Readonly<Record<string, readonly Urn[]>>;
  /** Deleted to make room for its replacement, which does not exist yet. */
  pendingReplacement: boolean;
  additionalSecretOutputs: readonly string[];
  /** The URN under which the last deployment knew it, when an alias matched. */
  aliasedFrom: Urn | undefined;
  customTimeouts: CustomTimeouts;
  importId: string;
  retainOnDelete: boolean;
  deletedWith: Urn;
  replaceWith: readonly Urn[];
  /** Replaced whenever this changes; null when the program names none. */
  replacementTrigger: PropertyValue;
  created: string | undefined;
  modified: string | undefined;
  ignoreChanges: readonly string[];
  replaceOnChanges: readonly string[];
  /** Paths whose differences are not shown. */
  hideDiffs: readonly string[];
}

/** What every resource has; the rest is absent until said otherwise. */
export function newResourceState(
  known: Pick<ResourceState, "type" | "urn" | "custom"> & Partial<ResourceState>,
): ResourceState {
  return {
    delete: false,
    id: "",
    inputs: {},
    outputs: {},
    parent: "",
    protect: false,
    external: false,
    dependencies: [],
    initErrors: [],
    provider: "",
    propertyDependencies: {},
    pendingReplacement: false,
    additionalSecretOutputs: [],
    aliasedFrom: undefined,
    customTimeouts: noTimeouts,
    importId: "",
    retainOnDelete: false,
    deletedWith: "",
    replaceWith: [],
    replacementTrigger: null,
    created: undefined,
    modified: undefined,
    ignoreChanges: [],
    replaceOnChanges: [],
    hideDiffs: [],
    ...known,
  };
}

/** Every URN a resource refers to, apart from its provider. */
export function referencedUrns(state: ResourceState): Set<Urn> {
  const urns = new Set<Urn>(state.dependencies);
  if (state.parent !== "") urns.add(state.parent);
  if (state.deletedWith !== "") urns.add(state.deletedWith);
  for (const urn of state.replaceWith) urns.add(urn);
  for (const list of Object.values(state.propertyDependencies)) for (const urn of list) urns.add(urn);
  return urns;
}

/** The state that a registration asks for, before any provider has seen it. */
export function stateFromGoal(goal: Goal, urn: Urn, old: ResourceState | undefined): ResourceState {
  return newResourceState({
    type: goal.type,
    urn,
    custom: goal.custom,
    inputs: goal.properties,
    parent: goal.parent,
    protect: goal.protect ?? false,
    dependencies: goal.dependencies,
    provider: goal.provider,
    propertyDependencies: goal.propertyDependencies,
    additionalSecretOutputs: goal.additionalSecretOutputs,
    customTimeouts: goal.customTimeouts,
    // Kept as long as the program says it: an id of another form than the import's is not imported again.
    importId: goal.importId,
    retainOnDelete: goal.retainOnDelete ?? false,
    deletedWith: goal.deletedWith,
    replaceWith: goal.replaceWith,
    replacementTrigger: goal.replacementTrigger,
    created: old?.created,
    modified: old?.modified,
    ignoreChanges: goal.ignoreChanges,
    replaceOnChanges: goal.replaceOnChanges,
    hideDiffs: goal.hideDiffs,
    aliasedFrom: old === undefined || old.urn === urn ? undefined : old.urn,
  });
}

export function stateFromRead(goal: ReadGoal, urn: Urn): ResourceState {
  return newResourceState({
    type: goal.type,
    urn,
    custom: true,
    id: goal.id,
    inputs: goal.properties,
    parent: goal.parent,
    external: true,
    dependencies: goal.dependencies,
    provider: goal.provider,
    additionalSecretOutputs: goal.additionalSecretOutputs,
  });
}

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
  /** See {@link ResourceState}. */
  readonly replacementTrigger: PropertyValue;
  readonly hideDiffs: readonly string[];
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
