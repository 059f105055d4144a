import {
  isPropertyArray,
  isPropertyMap,
  mapProperties,
  type PropertyMap,
  type PropertyValue,
  reveal,
  Secret,
} from "../../deployment/values/property-value";
import { encodeProperty, maskSecrets } from "../../deployment/values/state-value";
import type { JsonObject } from "../../lib/json-value";

/** Outputs as plain JSON, as `pulumi stack output --json` gives them: secrets are the text `[secret]` unless asked for. */
export function plainOutputs(outputs: PropertyMap, showSecrets: boolean): JsonObject {
  const shown = showSecrets ? reveal : mask;
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, encodeProperty(shown(value), maskSecrets)]),
  );
}

function mask(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return "[secret]";
  if (isPropertyArray(value)) return value.map(mask);
  return isPropertyMap(value) ? mapProperties(value, mask) : value;
}
