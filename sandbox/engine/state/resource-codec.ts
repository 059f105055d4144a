import {
  decodeProperties,
  encodeProperties,
  type SecretDecoder,
  type SecretEncoder,
} from "../../../deployment/values/state-value";
import type { JsonObject } from "../../../lib/json-value";
import { newResourceState, noTimeouts, type ResourceState } from "../plan/resource-state";
import type { StoredResource } from "./deployment-document";

/** A resource as the state file holds it: what is empty is left out. */
export function encodeResource(state: ResourceState, encodeSecret: SecretEncoder): StoredResource {
  const stored: StoredResource = { urn: state.urn, custom: state.custom, type: state.type };
  if (state.delete) stored.delete = true;
  if (state.id !== "") stored.id = state.id;
  if (!isEmpty(state.inputs)) stored.inputs = encodeProperties(state.inputs, encodeSecret);
  if (!isEmpty(state.outputs)) stored.outputs = encodeProperties(state.outputs, encodeSecret);
  if (state.parent !== "") stored.parent = state.parent;
  if (state.protect) stored.protect = true;
  if (state.external) stored.external = true;
  if (state.dependencies.length > 0) stored.dependencies = [...state.dependencies];
  if (state.initErrors.length > 0) stored.initErrors = [...state.initErrors];
  if (state.provider !== "") stored.provider = state.provider;
  if (!isEmpty(state.propertyDependencies)) stored.propertyDependencies = copyLists(state.propertyDependencies);
  if (state.pendingReplacement) stored.pendingReplacement = true;
  if (state.additionalSecretOutputs.length > 0) stored.additionalSecretOutputs = [...state.additionalSecretOutputs];
  if (hasTimeouts(state)) stored.customTimeouts = nonZero(state.customTimeouts);
  if (state.importId !== "") stored.importID = state.importId;
  if (state.retainOnDelete) stored.retainOnDelete = true;
  if (state.deletedWith !== "") stored.deletedWith = state.deletedWith;
  if (state.replaceWith.length > 0) stored.replaceWith = [...state.replaceWith];
  if (state.created !== undefined) stored.created = state.created;
  if (state.modified !== undefined) stored.modified = state.modified;
  if (state.ignoreChanges.length > 0) stored.ignoreChanges = [...state.ignoreChanges];
  if (state.replaceOnChanges.length > 0) stored.replaceOnChanges = [...state.replaceOnChanges];
  return stored;
}

export function decodeResource(stored: StoredResource, decodeSecret: SecretDecoder): ResourceState {
  const { create = 0, update = 0, delete: remove = 0 } = stored.customTimeouts ?? {};
  return newResourceState({
    type: stored.type,
    urn: stored.urn,
    custom: stored.custom,
    delete: stored.delete ?? false,
    id: stored.id ?? "",
    inputs: decodeProperties(stored.inputs ?? {}, decodeSecret),
    outputs: decodeProperties(stored.outputs ?? {}, decodeSecret),
    parent: stored.parent ?? "",
    protect: stored.protect ?? false,
    external: stored.external ?? false,
    dependencies: stored.dependencies ?? [],
    initErrors: stored.initErrors ?? [],
    provider: stored.provider ?? "",
    propertyDependencies: presentLists(stored.propertyDependencies ?? {}),
    pendingReplacement: stored.pendingReplacement ?? false,
    additionalSecretOutputs: stored.additionalSecretOutputs ?? [],
    customTimeouts: stored.customTimeouts === undefined ? noTimeouts : { create, update, delete: remove },
    importId: stored.importID ?? "",
    retainOnDelete: stored.retainOnDelete ?? false,
    deletedWith: stored.deletedWith ?? "",
    replaceWith: stored.replaceWith ?? [],
    created: stored.created,
    modified: stored.modified,
    ignoreChanges: stored.ignoreChanges ?? [],
    replaceOnChanges: stored.replaceOnChanges ?? [],
  });
}

function isEmpty(map: JsonObject | object): boolean {
  for (const _key in map) return false;
  return true;
}

function copyLists(lists: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  const copy: Record<string, string[]> = {};
  for (const [key, list] of Object.entries(lists)) copy[key] = [...list];
  return copy;
}

function presentLists(lists: Readonly<Record<string, string[] | null>>): Record<string, string[]> {
  const present: Record<string, string[]> = {};
  for (const [key, list] of Object.entries(lists)) present[key] = list ?? [];
  return present;
}

function hasTimeouts({ customTimeouts }: ResourceState): boolean {
  return customTimeouts.create > 0 || customTimeouts.update > 0 || customTimeouts.delete > 0;
}

function nonZero({
  create,
  update,
  delete: remove,
}: ResourceState["customTimeouts"]): StoredResource["customTimeouts"] {
  return {
    ...(create > 0 ? { create } : {}),
    ...(update > 0 ? { update } : {}),
    ...(remove > 0 ? { delete: remove } : {}),
  };
}
