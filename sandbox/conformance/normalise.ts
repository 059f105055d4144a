import { unknownMarker } from "../../deployment/values/signatures";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-value";
import { fixtures } from "./recording";

/** Keys whose values differ from run to run: times and counters. */
const changing = new Set(["sequence", "timestamp", "durationSeconds"]);
const madeId = /\bid-[0-9a-f]{8}\b/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** A value with made-up ids, times and places replaced; everything else is compared as it is. */
export function normalise(value: JsonValue): JsonValue {
  if (typeof value === "string") return normaliseText(value);
  if (value === null || typeof value !== "object") return value;
  if (!isJsonObject(value)) return value.map(normalise);
  const normal: Record<string, JsonValue> = {};
  for (const key of Object.keys(value).sort()) {
    const part = value[key];
    if (part !== undefined && !changing.has(key)) normal[key] = normalise(part);
  }
  return normal;
}

export function normaliseObject(value: JsonObject): JsonObject {
  const normal = normalise(value);
  return isJsonObject(normal) ? normal : {};
}

function normaliseText(text: string): string {
  return withoutStack(text.replaceAll(fixtures, "<fixtures>"))
    .replaceAll(/<fixtures>\/[a-z0-9-]+/g, "<project>")
    .replaceAll(madeId, "<id>")
    .replaceAll(uuid, (id) => (id === unknownMarker ? id : "<id>"));
}

/** Stack frames name places in files, which are not compared. */
function withoutStack(text: string): string {
  return text.replaceAll(/\n {4}at [^\n]*/g, "");
}

/** The first place at which two values differ, for messages; undefined when they are equal. */
export function firstDifference(
  expected: JsonValue | undefined,
  actual: JsonValue | undefined,
  path = "",
): string | undefined {
  if (isJsonObject(expected) && isJsonObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const found = firstDifference(expected[key], actual[key], path === "" ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    for (const [index, item] of expected.entries()) {
      const found = firstDifference(item, actual[index], `${path}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (JSON.stringify(expected) === JSON.stringify(actual)) return undefined;
  return `${path}: recorded ${shown(expected)}, got ${shown(actual)}`;
}

function shown(value: JsonValue | undefined): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
