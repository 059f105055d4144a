import { describe, expect, it } from "vitest";
import { askAgain, isTemporaryStatus, pause, retry } from "../../lib/retry";

const plan = { tries: 3, firstWaitMs: 1 };

/** Work that throws each of these errors once, then returns "done". */
function failing(...errors: readonly Error[]) {
  const left = [...errors];
  const work = async (): Promise<string> => {
    work.calls += 1;
    const error = left.shift();
    if (error !== undefined) throw error;
    return "done";
  };
  work.calls = 0;
  return work;
}

describe("retry", () => {
  it("does the work again until it succeeds", async () => {
    const work = failing(new Error("busy"), new Error("busy"));
    expect(await retry(work, plan)).toBe("done");
    expect(work.calls).toBe(3);
  });

  it("throws the last error after the last try", async () => {
    const work = failing(new Error("1"), new Error("2"), new Error("3"), new Error("4"));
    await expect(retry(work, plan)).rejects.toThrow("3");
    expect(work.calls).toBe(3);
  });

  it("throws an error that does not pass at once", async () => {
    const work = failing(new Error("forbidden"));
    await expect(retry(work, plan, () => false)).rejects.toThrow("forbidden");
    expect(work.calls).toBe(1);
  });

  it("waits twice as long each time, and at least what the service asked for", async () => {
    const start = Date.now();
    await retry(failing(new Error("a"), new Error("b")), { tries: 3, firstWaitMs: 20 });
    expect(Date.now() - start).toBeGreaterThanOrEqual(58);
    const second = Date.now();
    await retry(failing(new Error("a")), plan, () => 50);
    expect(Date.now() - second).toBeGreaterThanOrEqual(48);
  });

  it("ends its waiting when the signal is given", async () => {
    const stopping = new AbortController();
    const start = Date.now();
    const run = retry(failing(new Error("a")), { tries: 2, firstWaitMs: 60_000, signal: stopping.signal });
    stopping.abort(new Error("interrupted"));
    await expect(run).rejects.toThrow("interrupted");
    expect(Date.now() - start).toBeLessThan(5000);
  });
});

describe("askAgain", () => {
  const answers = (...given: readonly string[]) => {
    const left = [...given];
    return async () => left.shift() ?? "none left";
  };

  it("returns the first final answer", async () => {
    expect(await askAgain(answers("no", "yes", "late"), plan, (answer) => answer === "yes")).toBe("yes");
  });

  it("returns the last answer when none was final", async () => {
    expect(await askAgain(answers("1", "2", "3", "4"), plan, () => false)).toBe("3");
  });

  it("returns what it has when the signal is given", async () => {
    const signal = AbortSignal.abort();
    expect(await askAgain(answers("1", "2"), { ...plan, firstWaitMs: 60_000, signal }, () => false)).toBe("1");
  });
});

it("pause returns early when the signal is given, and does not throw", async () => {
  const start = Date.now();
  await pause(60_000, AbortSignal.timeout(5));
  expect(Date.now() - start).toBeLessThan(5000);
});

it.each([
  [429, true],
  [500, true],
  [503, true],
  [404, false],
  [409, false],
])("status %i may pass: %s", (status, expected) => {
  expect(isTemporaryStatus(status)).toBe(expected);
});
