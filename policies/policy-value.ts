/**
 * Property values as rules see them: secrets opened, references reduced to what they refer to, and one marker for what only `up`
 * can tell. Both evaluators (the CrossGuard pack and the sandbox's) translate into these.
 */
export type PolicyValue = null | boolean | number | string | readonly PolicyValue[] | PolicyValues | UnknownValue;

export interface PolicyValues {
  readonly [key: string]: PolicyValue;
}

/** A value unknown in a preview. There is one instance: {@link unknownValue}. */
export class UnknownValue {
  readonly knownAt = "up";
  private constructor() {}
  static readonly instance = new UnknownValue();
}
export const unknownValue = UnknownValue.instance;

export function isList(value: PolicyValue | undefined): value is readonly PolicyValue[] {
  return Array.isArray(value);
}

export function isMap(value: PolicyValue | undefined): value is PolicyValues {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof UnknownValue);
}
