import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatPropertyPath,
  isAbove,
  isAtOrBelow,
  parsePropertyPath,
  providerPathSteps,
  topLevelProperty,
} from "../../lib/property-path";

describe("a property path", () => {
  it.each([
    ["tags.Team", ["tags", "Team"]],
    ["rules[0].port", ["rules", 0, "port"]],
    ["rules[*].port", ["rules", "*", "port"]],
    ['tags["a.b"].c', ["tags", "a.b", "c"]],
    ['tags["a\\"b"]', ["tags", 'a"b']],
    ["*", ["*"]],
    ["", []],
  ])("%s has its steps", (path, steps) => expect(parsePropertyPath(path)).toEqual(steps));

  it("reads back what was written", () => {
    const steps = fc.array(fc.oneof(fc.nat(), fc.string({ minLength: 1 })), { maxLength: 5 });
    fc.assert(
      fc.property(steps, (path) => {
        fc.pre(!path.some((step) => typeof step === "string" && /[\\\r\n\u2028\u2029]/.test(step)));
        expect(parsePropertyPath(formatPropertyPath(path))).toEqual(path);
      }),
    );
  });

  it("that cannot be read is refused, or one name where a provider wrote it", () => {
    expect(() => parsePropertyPath("a[b")).toThrow('cannot read "[b"');
    expect(providerPathSteps("a[b")).toEqual(["a[b"]);
    expect([topLevelProperty("tags.Team"), topLevelProperty("a[b")]).toEqual(["tags", "a[b"]);
  });

  it("lies at, below or above what a pattern names", () => {
    expect(isAtOrBelow(["rules", 3, "port"], ["rules", "*"])).toBe(true);
    expect(isAtOrBelow(["rules"], ["rules", 3, "port"])).toBe(false);
    expect(isAbove(["rules"], ["rules", "*", "port"])).toBe(true);
    expect(isAbove(["rules", 3, "port"], ["rules", "*", "port"])).toBe(false);
  });
});
