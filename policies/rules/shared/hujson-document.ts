import { parseHuJson } from "../../../lib/hujson";
import { isJsonObject, type JsonValue } from "../../../lib/json-value";
import { isList, type PolicyValue } from "../../policy-value";
import { madeReading, type Reading } from "./property-reading";

/**
 * Reads a text that is a HuJSON document. All names are in lower case, because programs that are written in Go take them in any; of a
 * name that is there several times, all lists count.
 *
 * @returns undefined when it is no document
 */
export function readDocument(text: Reading): Reading | undefined {
  if (text.state === "absent") return undefined;
  try {
    const document = parseHuJson(String(text.value));
    return isJsonObject(document) ? madeReading(text.path, withLowerNames(document)) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function withLowerNames(value: JsonValue): PolicyValue {
  if (Array.isArray(value)) return value.map(withLowerNames);
  if (!isJsonObject(value)) return value;
  const result = new Map<string, PolicyValue>();
  for (const [name, item] of Object.entries(value)) {
    const before = result.get(name.toLowerCase());
    const after = withLowerNames(item);
    result.set(name.toLowerCase(), isList(before) && isList(after) ? [...before, ...after] : after);
  }
  return Object.fromEntries(result);
}
