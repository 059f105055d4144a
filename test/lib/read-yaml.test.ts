import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { describeError } from "../../cli/describe-error";
import { exitCodes } from "../../cli/exit-codes";
import { readCostEstimate } from "../../operations/cost/cost-page";
import { readPriceTable } from "../../operations/cost/price-table";
import { readNoise } from "../../operations/drift/noise";
import { stackGuards } from "../../operations/guard/guard-limits";
import { requestedFaults } from "../../sandbox/faults/faulty-provider";
import { readWorldSeed } from "../../sandbox/world/open-world";

const directory = mkdtempSync(join(tmpdir(), "read-yaml-"));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, "file.yaml");

/** What a command prints about a file, and its exit code. */
function refusalOf(read: (file: string) => unknown, text: string | undefined) {
  rmSync(file, { force: true });
  if (text !== undefined) writeFileSync(file, text);
  try {
    read(file);
  } catch (error) {
    return describeError(error);
  }
  throw new Error("the file was accepted");
}

const readers: readonly (readonly [string, (file: string) => unknown])[] = [
  ["the price table", readPriceTable],
  ["the estimate of costs", readCostEstimate],
  ["the list of what is no drift", readNoise],
  ["the limits of the plan guards", (path) => stackGuards("dev", path)],
  ["the emulated world", readWorldSeed],
  ["the fault plan that SANDBOX_FAULTS names", (path) => requestedFaults({ SANDBOX_FAULTS: path })],
];

describe.each(readers)("%s", (of, read) => {
  it.each([
    ["is missing", undefined, "1:1 the file is missing"],
    ["is empty", "# nothing\n", "1:1 the file is empty; a file without entries has an empty list"],
    ["is no YAML", "a: 1\n\tb: 2\n", "2:1 a tab indents this line; YAML takes spaces only"],
    ["holds an alias", "a: &a 1\nb: *a\n", "2:4 aliases (*a) are not supported; write the value out"],
  ])("that %s is refused at its place, with exit code 2", (_what, text, problem) => {
    const { exitCode, message } = refusalOf(read, text);
    expect(message).toBe(`1 problem in ${of}:\n  ${file}:${problem}`);
    expect(exitCode).toBe(exitCodes.badConfiguration);
  });

  it("with an unknown key is refused, and the key named", () => {
    expect(refusalOf(read, "what: 1\n").message).toMatch(/file\.yaml:1:1 what: unknown key "what"; /);
  });
});

describe("a file that is read", () => {
  it("tells every problem with its line and column, its path, what was expected and what was found", () => {
    const text = `faults:
  - { effect: fail, type: a, operation: crate }
  - { effect: throttle, type: a, operation: create, times: "2" }
`;
    expect(
      refusalOf((path) => requestedFaults({ SANDBOX_FAULTS: path }), text)
        .message.split("\n")
        .slice(1),
    ).toEqual([
      `  ${file}:2:41 faults[0].operation: expected create, read, update, delete or invoke, got "crate"; did you mean "create"?`,
      `  ${file}:3:60 faults[1].times: expected a number, got the text "2"; take the quotes off: 2`,
    ]);
  });
});
