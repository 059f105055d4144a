import type { JsonObject, JsonValue } from "../../../lib/json-value";

/**
 * Answers to the SDK. It reads them through their protobuf accessors only, so plain objects with the same accessors do,
 * whichever copy of the SDK asks, and nothing is encoded and decoded in between.
 */
interface StructAnswer {
  toJavaScript(): JsonObject;
  getFieldsMap(): { get(key: string): ValueAnswer };
}

interface ValueAnswer {
  toJavaScript(): JsonValue | undefined;
  getStructValue(): StructAnswer | undefined;
}

const noDependencies = new Map<string, { getUrnsList(): string[] }>();
/** The protocol's results of a registration. */
const results = { done: 0, failed: 1, skipped: 2 } as const;

function structAnswer(properties: JsonObject): StructAnswer {
  return {
    toJavaScript: () => properties,
    getFieldsMap: () => ({ get: (key) => valueAnswer(properties[key]) }),
  };
}

export function registrationAnswer(
  urn: string,
  id: string,
  properties: JsonObject,
  result: keyof typeof results = "done",
) {
  return {
    getUrn: () => urn,
    getId: () => id,
    getObject: () => structAnswer(properties),
    getStable: () => false,
    getStablesList: (): string[] => [],
    getPropertydependenciesMap: () => noDependencies,
    getResult: () => results[result],
  };
}

export function readAnswer(urn: string, properties: JsonObject) {
  return { getUrn: () => urn, getProperties: () => structAnswer(properties) };
}

export function invokeAnswer(result: JsonObject, failures: readonly { property: string; reason: string }[]) {
  const list = failures.map(({ property, reason }) => ({ getProperty: () => property, getReason: () => reason }));
  return { getReturn: () => structAnswer(result), getFailuresList: () => list };
}

function valueAnswer(value: JsonValue | undefined): ValueAnswer {
  const isStruct = typeof value === "object" && value !== null && !Array.isArray(value);
  return {
    toJavaScript: () => value,
    getStructValue: () => (isStruct ? structAnswer(value as JsonObject) : undefined),
  };
}
