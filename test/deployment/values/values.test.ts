import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Archive,
  Asset,
  equalProperties,
  type PropertyValue,
  ResourceReference,
  Secret,
  unknown,
} from "../../../deployment/values/property-value";
import { decodeProperty, encodeProperty, maskSecrets } from "../../../deployment/values/state-value";
import { fromWire, toWire } from "../../../deployment/values/wire-value";
import { parsePropertyPath } from "../../../lib/property-path";
import { resetAtPath } from "../../../sandbox/engine/plan/resource-diff";

const key = fc.string({ minLength: 1, maxLength: 5 }).filter((text) => text !== "__proto__");
const value: fc.Arbitrary<PropertyValue> = fc.letrec<{ value: PropertyValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.constant(unknown),
    fc.constant(new Asset({ text: "x" }, "hash")),
    fc.constant(new Archive({ assets: { a: new Asset({ uri: "https://example.com" }, "h") } }, "hash")),
    fc.constant(new ResourceReference("urn:pulumi:dev::demo::demo:x:Thing::a", "id", "1.0.0")),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
    tie("value").map((inner) => new Secret(inner)),
  ),
})).value;

describe("property values", () => {
  it("come back from the wire as they went", () => {
    fc.assert(
      fc.property(value, (given) => equalProperties(fromWire(JSON.parse(JSON.stringify(toWire(given)))), given)),
    );
  });

  it("come back from the state as they went", () => {
    const stored = (given: PropertyValue) =>
      JSON.parse(JSON.stringify(encodeProperty(given, (_secret, text) => text())));
    fc.assert(
      fc.property(value, (given) =>
        equalProperties(
          decodeProperty(stored(given), (text) => text),
          given,
        ),
      ),
    );
  });

  it("never show a secret in events", () => {
    const withCanary = value.map((inner) => ({ shown: 1, hidden: new Secret([inner, "canary-secret"]) }));
    fc.assert(
      fc.property(withCanary, (given) => !JSON.stringify(encodeProperty(given, maskSecrets)).includes("canary-secret")),
    );
  });

  it("are unknown in each of the encodings of an unknown", () => {
    expect(fromWire("04da6b54-80e4-46f7-96ec-b56ff0331ba9")).toBe(unknown);
    expect(fromWire({ "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4" })).toBe(unknown);
  });

  it("with a signature of another kind are refused", () => {
    expect(() => fromWire({ "4dabf18193072939515e22adb298388d": "other" })).toThrow(/unknown signature other/);
  });
});

describe("property paths", () => {
  it.each([
    ["a changed value", { a: { b: 1, c: 2 } }, { a: { b: 9, c: 8 } }, "a.b", { a: { b: 9, c: 2 } }],
    ["an added value", { a: { b: 1 } }, { a: {} }, "a.b", { a: {} }],
    ["a removed value", { a: {} }, { a: { b: 9 } }, "a.b", { a: { b: 9 } }],
    ["an item of a list", { a: [1, 2] }, { a: [9, 8] }, "a[1]", { a: [1, 8] }],
    [
      "every item of a list",
      { a: [{ b: 1 }, { b: 2 }] },
      { a: [{ b: 8 }, { b: 9 }] },
      "a[*].b",
      { a: [{ b: 8 }, { b: 9 }] },
    ],
    ["what a nested secret had", { a: { b: 1 } }, { a: new Secret({ b: 9 }) }, "a.b", { a: { b: new Secret(9) } }],
    [
      "every key of a map",
      { a: { x: { b: 1 }, y: { b: 2 } } },
      { a: { x: { b: 9 } } },
      "a[*].b",
      { a: { x: { b: 9 }, y: { b: 2 } } },
    ],
    ["everything", { a: 1 }, { b: 2 }, "*", { b: 2 }],
    ["what neither has", { a: 1 }, { a: 2 }, "x.y", { a: 1 }],
  ])("put back %s", (_what, target, source, path, expected) => {
    expect(resetAtPath(target, source, parsePropertyPath(path))).toEqual({ value: expected, complete: true });
  });

  it.each([
    ["a key that is gone", { a: 1 }, { x: { y: 1 } }, "x.y", { a: 1 }],
    ["an item that is gone", { a: [1] }, { a: [8, 9] }, "a[1]", { a: [1] }],
    ["an item below which neither has anything", { a: [] }, { a: [] }, "a[0].b", { a: [] }],
    ["a list that became something else", { a: "b" }, { a: [1] }, "a[0]", { a: "b" }],
    ["a list that grew", { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 9 }] }, "a[*].b", { a: [{ b: 9 }, { b: 2 }] }],
    ["a list that shrank", { a: [1] }, { a: [8, 9] }, "a[*]", { a: [8] }],
    ["a map that lost a key", { a: {} }, { a: { x: { b: 1 } } }, "a[*].b", { a: {} }],
  ])("put back only a part through %s", (_what, target, source, path, expected) => {
    expect(resetAtPath(target, source, parsePropertyPath(path))).toEqual({ value: expected, complete: false });
  });
});
