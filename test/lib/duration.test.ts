import { describe, expect, it } from "vitest";
import { durationSeconds, goDuration, isoDuration, parseDuration, parseIsoDuration } from "../../lib/duration";
import { timeoutSeconds } from "../../sandbox/engine/monitor/decode-request";

describe("parseDuration", () => {
  it.each([
    ["5m", 300],
    ["1h30m", 5400],
    ["40s", 40],
    ["1.5h", 5400],
    ["250ms", 0.25],
    ["7d", 604_800],
  ])("%s is %d seconds", (text, seconds) => expect(parseDuration(text)).toBeCloseTo(seconds));

  it.each(["", "5", "5 minutes", "m", "-5m", "5m ", "1h 30m"])("%j is none", (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});

it("a duration of the inventory is in seconds, or an error that says what is expected", () => {
  expect(["30s", "5m", "72h", "7d"].map(durationSeconds)).toEqual([30, 300, 259_200, 604_800]);
  expect(() => durationSeconds("soon")).toThrow(/"soon" is no duration; expected/);
});

it("Go reads what is written for it", () => {
  expect([604_800, 90, 5400, 7].map(goDuration)).toEqual(["168h", "90s", "90m", "7s"]);
});

it("Azure reads what is written for it, and so do we", () => {
  const written = [604_800, 5400, 300, 90].map(isoDuration);
  expect(written).toEqual(["P7D", "PT90M", "PT5M", "PT90S"]);
  expect(written.map(parseIsoDuration)).toEqual([604_800, 5400, 300, 90]);
  expect(parseIsoDuration("P1DT2H3M4.5S")).toBe(93_784.5);
  expect(["", "P", "PT", "P1H", "1D", "PT5", "P1DT"].map(parseIsoDuration)).toEqual(Array(7).fill(undefined));
});

describe("custom timeouts", () => {
  it.each([
    ["", 0],
    ["1h30m", 5400],
  ])("%j are %d seconds", (text, seconds) => expect(timeoutSeconds(text)).toBe(seconds));

  it.each(["5 minutes", "1d"])("%s is refused", (text) => {
    expect(() => timeoutSeconds(text)).toThrow(`"${text}" is not a duration; expected`);
  });
});
