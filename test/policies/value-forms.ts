import {
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
} from "../../deployment/values/property-value";

/** The same, as other programs and tools would write it: services take capitals, and providers take text for booleans and numbers. */
export const forms: Readonly<Record<string, (value: PropertyValue) => PropertyValue>> = {
  "as it is": (value) => value,
  capitals: (value) => (typeof value === "string" ? value.toUpperCase() : value),
  "small letters": (value) => (typeof value === "string" ? value.toLowerCase() : value),
  "text for booleans and numbers": (value) => (["boolean", "number"].includes(typeof value) ? String(value) : value),
  "text with capitals for booleans": (value) => (typeof value === "boolean" ? String(value).toUpperCase() : value),
};

/** A value, and all that is in it, in another form. */
export function rewritten(value: PropertyValue, form: (value: PropertyValue) => PropertyValue): PropertyValue {
  if (isPropertyArray(value)) return value.map((item) => rewritten(item, form));
  return isPropertyMap(value) ? rewrittenMap(value, form) : form(value);
}

export function rewrittenMap(map: PropertyMap, form: (value: PropertyValue) => PropertyValue): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, rewritten(value, form)]));
}
