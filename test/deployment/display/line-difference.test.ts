import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareLines } from "../../../deployment/display/compare-lines";

const printed = (before: string, after: string) =>
  compareLines(before.split(""), after.split("")).map(({ mark, line }) => `${mark}${line}`.trim());

describe("the lines of two texts", () => {
  it("differ in as few as possible", () => {
    expect(printed("abcdef", "abXdf")).toEqual(["a", "b", "-c", "+X", "d", "-e", "f"]);
    expect(printed("ab", "ab")).toEqual(["a", "b"]);
    expect(printed("", "a")).toEqual(["+a"]);
  });

  it("give back both texts, in order", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const compared = compareLines(before, after);
        const without = (mark: string) => compared.filter((line) => line.mark !== mark).map(({ line }) => line);
        expect([without("+"), without("-")]).toEqual([before, after]);
      }),
    );
  });

  it("are compared in bounded time: texts that differ everywhere are shown one after the other", () => {
    const text = (mark: string) => Array.from({ length: 3000 }, (_, index) => `${mark}${index}`);
    expect(
      compareLines(text("a"), text("b"))
        .map(({ mark }) => mark)
        .join(""),
    ).toBe("-".repeat(3000) + "+".repeat(3000));
  });
});
