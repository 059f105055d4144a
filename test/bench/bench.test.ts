import { describe, expect, it } from "vitest";
import { benchmarks } from "../../bench/run-benchmarks";
import { runCommand } from "../cli/run-command";
import { runHere } from "../cli/run-here";

describe("npm run bench", () => {
  it("measures something with every benchmark", { timeout: 180_000 }, async () => {
    const { exitCode, output, errors } = await runCommand(["bench", "--quick", "--json"]);
    expect({ exitCode, errors: exitCode === 0 ? "" : errors }).toEqual({ exitCode: 0, errors: "" });
    const { rows } = JSON.parse(output);
    const measured = new Set(rows.map(({ benchmark }: { benchmark: string }) => benchmark));
    expect([...measured]).toEqual(benchmarks.map(({ name }) => name));
    for (const { seconds, note } of rows) expect(seconds === undefined ? note : seconds).toBeTruthy();
  });

  it("refuses a benchmark that it does not have, and names those that it has", async () => {
    const { exitCode, errors } = await runHere(["bench", "--only", "speed"]);
    expect(exitCode).toBe(2);
    expect(errors).toContain(
      "sites, stacks, components, policies, pack, report, plain, state, memory, start, real-engine",
    );
  });

  it("refuses a number of runs that is none", async () => {
    const { exitCode, errors } = await runHere(["bench", "--runs", "many"]);
    expect(exitCode).toBe(2);
    expect(errors).toContain('--runs: expected a whole number from 1 to 99, got "many"');
  });
});
