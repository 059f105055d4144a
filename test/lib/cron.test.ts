import { describe, expect, it } from "vitest";
import { cronProblems, longestGapSeconds, runsPerMonth, weeklyRuns } from "../../lib/cron";

describe("cronProblems", () => {
  it.each(["* * * * *", "0 2 * * 0", "*/5 * * * *", "0,30 8-18/2 1 1-6 1-5", "59 23 31 12 7", "5/15 * * * *"])(
    "takes %s",
    (cron) => expect(cronProblems(cron)).toEqual([]),
  );

  it.each([
    ["0 2 * *", "it has 4 fields; expected exactly 5: minute, hour, day, month, weekday"],
    ["0 0 2 * * *", "it has 6 fields; expected exactly 5: minute, hour, day, month, weekday"],
    ["60 2 * * *", 'minute "60" is not *, a number, a range or a step within 0–59'],
    ["0 24 * * *", 'hour "24" is not *, a number, a range or a step within 0–23'],
    ["0 2 0 * *", 'day of month "0" is not *, a number, a range or a step within 1–31'],
    ["0 2 * 5-3 *", 'month "5-3" is not *, a number, a range or a step within 1–12'],
    ["0 2 * * SUN", 'day of week "SUN" is not *, a number, a range or a step within 0–7'],
    ["*/0 * * * *", 'minute "*/0" is not *, a number, a range or a step within 0–59'],
    ["1, * * * *", 'minute "1," is not *, a number, a range or a step within 0–59'],
  ])("refuses %s", (cron, problem) => expect(cronProblems(cron)).toEqual([problem]));

  it("takes words for months and weekdays when it may, and nowhere else", () => {
    expect(cronProblems("0 2 * jan-mar SUN", { words: true })).toEqual([]);
    expect(cronProblems("jan 2 * * *", { words: true })).toHaveLength(1);
    expect(cronProblems("0 2 * sun *", { words: true })).toHaveLength(1);
  });

  it("reports every field", () => {
    expect(cronProblems("60 24 0 13 8")).toHaveLength(5);
  });
});

describe("runsPerMonth", () => {
  it.each([
    ["*/5 * * * *", 8760],
    ["7 * * * *", 730],
    ["0 3 * * *", 730 / 24],
    ["0 3 * * 1,3", (730 / 24) * (2 / 7)],
    ["0 3 * * 0,7", (730 / 24) * (1 / 7)],
    ["0 3 * * mon-fri", (730 / 24) * (5 / 7)],
    ["50/5 * * * *", 1460],
    ["0 3 1 * 1", (730 / 24) * (1 / 31 + 1 / 7 - 1 / 31 / 7)],
  ])("%s fires %d times", (cron, runs) => expect(runsPerMonth(cron)).toBeCloseTo(runs, 3));

  it("is not known for what is no expression", () => {
    expect(runsPerMonth("@daily")).toBeUndefined();
  });
});

describe("longestGapSeconds", () => {
  it.each([
    ["0 2 * * *", 86_400],
    ["*/5 * * * *", 300],
    ["0 2 * * 1-5", 3 * 86_400],
    ["30 3 * * 0", 7 * 86_400],
    ["0 8,20 * * *", 12 * 3600],
  ])("%s runs again after %d seconds at most", (cron, seconds) => expect(longestGapSeconds(cron)).toBe(seconds));

  it("does not tell of days of the month, and of what is no expression", () => {
    expect([longestGapSeconds("0 2 1 * *"), longestGapSeconds("@daily")]).toEqual([undefined, undefined]);
  });
});

it("weeklyRuns counts minutes from the beginning of Sunday, also of what is called 7", () => {
  expect(weeklyRuns("30 4 * * 7")).toEqual([270]);
  expect(weeklyRuns("0 2 * * mon,wed")).toEqual([1560, 4440]);
  expect([weeklyRuns("0 2 1 * *"), weeklyRuns("0 2 * *")]).toEqual([undefined, undefined]);
});
