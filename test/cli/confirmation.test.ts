import { describe, expect, it } from "vitest";
import { runHere } from "./run-here";

describe("a command that asks, without a terminal and without --yes", () => {
  it.each([
    [["up", "--stack", "dev"], "npm run up -- --stack dev --yes"],
    [["refresh", "--stack", "dev"], "npm run refresh -- --stack dev --yes"],
    [["reap"], "npm run reap -- --yes"],
    [
      ["failover", "--to", "forge", "--reason", "anvil is lost"],
      "npm run failover -- --to forge --reason 'anvil is lost' --yes",
    ],
    [["drill", "--real"], "npm run drill -- --real --yes"],
  ])("%o says so before it does anything", async (args, line) => {
    const { exitCode, output, errors } = await runHere(args);
    expect(exitCode).toBe(2);
    expect(errors).toContain(`there is no terminal to ask on. To apply without asking:\n  ${line}\n`);
    // Nothing but the first and the last line.
    expect(output.trimEnd().split("\n")).toHaveLength(2);
  });
});
