import { describe, expect, it } from "vitest";
import { wholeNumber } from "../../cli/whole-number";

describe("an option that takes a whole number", () => {
  it.each(["1", "07", "99"])("takes %s", (text) => {
    expect(wholeNumber("--runs", text, { least: 1, most: 99 })).toBe(Number(text));
  });

  it.each(["0", "100", "-1", "1.5", "1e1", "many", "", " 3", "9999999"])(
    'refuses "%s", naming what it takes',
    (text) => {
      expect(() => wholeNumber("--runs", text, { least: 1, most: 99 })).toThrow(
        `--runs: expected a whole number from 1 to 99, got "${text}"`,
      );
    },
  );
});
