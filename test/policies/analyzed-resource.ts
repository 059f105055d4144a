import type { AnalyzedResource } from "../../deployment/policies/policy-analyzer";
import type { PropertyMap } from "../../deployment/values/property-value";

/** A resource as the engine hands it to a policy pack, with default options. */
export function analyzedResource(
  type: string,
  properties: PropertyMap,
  place: { readonly stack?: string; readonly name?: string } = {},
): AnalyzedResource {
  const name = place.name ?? "thing";
  return {
    urn: `urn:pulumi:${place.stack ?? "dev"}::alai::${type}::${name}`,
    type,
    name,
    properties,
    options: {
      protect: false,
      ignoreChanges: [],
      deleteBeforeReplace: undefined,
      aliases: [],
      additionalSecretOutputs: [],
      customTimeouts: { create: 0, update: 0, delete: 0 },
    },
    parent: undefined,
    provider: undefined,
    dependencies: [],
    propertyDependencies: {},
  };
}
