import type { PropertyMap } from "../../../deployment/values/property-value";
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
  created: string | undefined;
  modified: string | undefined;
  ignoreChanges: readonly string[];
  replaceOnChanges: readonly string[];
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
    created: undefined,
    modified: undefined,
    ignoreChanges: [],
    replaceOnChanges: [],
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
