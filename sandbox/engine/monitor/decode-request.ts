import type { Alias as ProtoAlias } from "@pulumi/pulumi/proto/alias_pb";
import type { ReadResourceRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { PropertyMap, PropertyValue } from "../../../deployment/values/property-value";
import { fromWire, fromWireMap } from "../../../deployment/values/wire-value";
import { parseDuration } from "../../../lib/duration";
import { isJsonObject, isJsonValue } from "../../../lib/json-value";
import { type Alias, type CustomTimeouts, type Goal, noTimeouts, type ReadGoal } from "../plan/resource-state";
import type { Urn } from "../plan/urn";

/** A protobuf `Struct` of whatever copy of the SDK the program uses. */
export interface StructLike {
  toJavaScript(): unknown;
}

export function propertiesOf(struct: StructLike | undefined): PropertyMap {
  const plain = struct?.toJavaScript();
  return isJsonObject(plain) ? fromWireMap(plain) : {};
}

/** Null for a value that the program did not give. */
export function propertyOf(value: StructLike | undefined): PropertyValue {
  const plain = value?.toJavaScript();
  return isJsonValue(plain) ? fromWire(plain) : null;
}

/** Which plugin a request wants, for the default provider. */
export interface PluginRequest {
  readonly version: string;
  readonly downloadUrl: string;
  readonly packageRef: string;
}

export function pluginOf(request: RegisterResourceRequest | ReadResourceRequest): PluginRequest {
  return {
    version: request.getVersion(),
    downloadUrl: request.getPlugindownloadurl(),
    packageRef: request.getPackageref?.() ?? "",
  };
}

export function goalOf(request: RegisterResourceRequest): Goal {
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    remote: request.getRemote(),
    properties: propertiesOf(request.getObject()),
    parent: request.getParent(),
    protect: request.hasProtect() ? request.getProtect() : undefined,
    dependencies: [...new Set(request.getDependenciesList())],
    provider: request.getProvider(),
    propertyDependencies: propertyDependenciesOf(request),
    deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [
      ...request.getAliasurnsList().map((urn): Alias => ({ kind: "urn", urn })),
      ...request.getAliasesList().map(aliasOf),
    ],
    importId: request.getImportid(),
    customTimeouts: timeoutsOf(request),
    replaceOnChanges: request.getReplaceonchangesList(),
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
    deletedWith: request.getDeletedwith(),
    replaceWith: request.getReplaceWithList?.() ?? [],
    replacementTrigger: propertyOf(request.getReplacementTrigger?.()),
    hideDiffs: request.getHidediffsList?.() ?? [],
  };
}

export function readGoalOf(request: ReadResourceRequest): ReadGoal {
  return {
    type: request.getType(),
    name: request.getName(),
    id: request.getId(),
    properties: propertiesOf(request.getProperties()),
    parent: request.getParent(),
    dependencies: [...new Set(request.getDependenciesList())],
    provider: request.getProvider(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  };
}

export function aliasOf(alias: ProtoAlias): Alias {
  const spec = alias.hasSpec() ? alias.getSpec() : undefined;
  if (spec === undefined) return { kind: "urn", urn: alias.getUrn() };
  const parent = spec.getParenturn();
  return {
    kind: "spec",
    name: spec.getName(),
    type: spec.getType(),
    stack: spec.getStack(),
    project: spec.getProject(),
    parent: spec.getNoparent() ? { kind: "none" } : parent === "" ? { kind: "same" } : { kind: "urn", urn: parent },
  };
}

function propertyDependenciesOf(request: RegisterResourceRequest): Readonly<Record<string, readonly Urn[]>> {
  const dependencies: Record<string, readonly Urn[]> = {};
  request.getPropertydependenciesMap().forEach((list, key) => {
    dependencies[key] = list.getUrnsList();
  });
  return dependencies;
}

function timeoutsOf(request: RegisterResourceRequest): CustomTimeouts {
  const timeouts = request.getCustomtimeouts();
  if (timeouts === undefined) return noTimeouts;
  const [create, update, remove] = [timeouts.getCreate(), timeouts.getUpdate(), timeouts.getDelete()];
  if (create === "" && update === "" && remove === "") return noTimeouts;
  return { create: timeoutSeconds(create), update: timeoutSeconds(update), delete: timeoutSeconds(remove) };
}

/**
 * Seconds of one of `customTimeouts`, which are durations as Go writes them. Empty is 0, the provider's own default.
 *
 * @throws when the text is none; Go knows no days
 */
export function timeoutSeconds(text: string): number {
  if (text === "") return 0;
  const seconds = text.includes("d") ? undefined : parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new Error(`customTimeouts: "${text}" is not a duration; expected numbers with units, for example 5m or 1h30m`);
}
