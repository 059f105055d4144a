import { describe, expect, it } from "vitest";
import { mark } from "../../bench/benchmark";
import { median, medianOf } from "../../bench/measurement";
import { resultTable } from "../../bench/run-benchmarks";

describe("medians", () => {
  it("are in the middle, or between the two in the middle", () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect(() => median([])).toThrow("nothing");
  });

  it("are taken of each figure by itself", () => {
    const runs = [
      { resources: 3, seconds: 1, processorSeconds: 9 },
      { resources: 3, seconds: 2, processorSeconds: 5 },
      { resources: 3, seconds: 9, processorSeconds: 1 },
    ];
    expect(medianOf(runs)).toEqual({ resources: 3, seconds: 2, processorSeconds: 5 });
  });
});

describe("marks", () => {
  it("are met up to what they allow", () => {
    expect(mark("a ÷ b", 1.5, 1.5).met).toBe(true);
    expect(mark("a ÷ b", 1.51, 1.5).met).toBe(false);
  });
});

describe("the table", () => {
  it("says of each row what was measured and whether its mark is met", () => {
    const rows = [
      { benchmark: "x", measured: "small", resources: 1003, seconds: 1.234, processorSeconds: 1, perResource: 0.997 },
      { benchmark: "x", measured: "large", seconds: 12, mark: mark("large ÷ small", 9.72, 3), note: "too slow" },
    ];
    expect(resultTable(rows)).toEqual([
      "measured  resources  seconds  processor s  ms/resource  ratio",
      "small         1,003     1.23         1.00         1.00",
      "large                  12.00                             9.72  FAIL: large ÷ small, at most 3; too slow",
    ]);
  });
});
