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

/** Outputs as plain JSON, as `pulumi stack output --json` gives them: secrets are the text `[secret]` unless asked for. */
export function plainOutputs(outputs: PropertyMap, showSecrets: boolean): Record<string, unknown> {
  const shown = showSecrets ? reveal : masked;
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, encodeProperty(shown(value), maskSecrets)]),
  );
}

function masked(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return "[secret]";
  if (isPropertyArray(value)) return value.map(masked);
  return isPropertyMap(value) ? mapProperties(value, masked) : value;
}
