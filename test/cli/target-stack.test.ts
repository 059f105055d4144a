import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandNames, loadCommand } from "../../cli/commands";
import { describeError } from "../../cli/describe-error";
import { exitCodes, operationExitCode } from "../../cli/exit-codes";
import { targetStack } from "../../cli/main";
import { longFlag } from "../../cli/options";
import { commandLineProgram, refuseStrayArguments } from "../../cli/program";
import { repository } from "./run-command";
import { runHere } from "./run-here";

describe("the stack and the engine of a command", () => {
  it("are dev and the sandbox unless said otherwise", () => {
    expect(targetStack("up", loadCommand("up"), {}, {})).toEqual({ stack: "dev", engine: "sandbox" });
    expect(targetStack("up", loadCommand("up"), { stack: "prod", engine: "pulumi" }, {})).toEqual({
      stack: "prod",
      engine: "pulumi",
    });
  });

  it.each([
    ["destroy", {}, {}, "npm run destroy -- --stack NAME"],
    ["up", { engine: "pulumi" as const }, {}, "npm run up -- --engine pulumi --stack NAME"],
    ["up", { stack: "prod" }, { CI: "true" }, "npm run up -- --stack prod --engine sandbox"],
  ])("must be named for %s (%o, %o)", (command, options, environment, line) => {
    const find = () => targetStack(command, loadCommand(command), options, environment);
    expect(find).toThrow(line);
    expect(find).toThrow(expect.objectContaining({ exitCode: exitCodes.badConfiguration }));
  });

  it("need not be named for start in a build: it only knows the sandbox", () => {
    expect(targetStack("start", loadCommand("start"), {}, { CI: "true" }).engine).toBe("sandbox");
  });
});

describe("stray arguments", () => {
  const npm = { npm_lifecycle_event: "destroy" };
  it.each([
    [["prod"], {}, "npm run destroy -- --stack prod"],
    [["prod"], { ...npm, npm_config_stack: "true" }, "npm run destroy -- --stack prod"],
    [[], { ...npm, npm_config_stack: "prod", npm_config_json: "true" }, "npm run destroy -- --stack prod --json"],
    [[], { ...npm, npm_config_skip_preview: "true" }, "npm run destroy -- --skip-preview"],
    [["stateful=why"], { ...npm, npm_config_override: "true" }, "npm run destroy -- --override stateful=why"],
  ])("%o with %o are refused with the line that was meant", (stray, environment, line) => {
    expect(() => refuseStrayArguments("destroy", loadCommand("destroy").options, stray, environment)).toThrow(line);
  });

  it("of a failover name its host, also when npm took --to for an option of its own that begins so", () => {
    const line = "npm run failover -- --to forge";
    expect(() => refuseStrayArguments("failover", loadCommand("failover").options, ["forge"], {})).toThrow(line);
    const completed = { ...npm, npm_config_token_description: "forge", npm_config_planned: "true" };
    expect(() => refuseStrayArguments("failover", loadCommand("failover").options, [], completed)).toThrow(
      /npm took --to, --planned for itself.*npm run failover -- --to forge --planned/s,
    );
  });

  it("are none when npm's own settings are empty, or when it was not npm that ran the command", () => {
    expect(() =>
      refuseStrayArguments("up", loadCommand("up").options, [], { ...npm, npm_config_yes: "" }),
    ).not.toThrow();
    expect(() => refuseStrayArguments("up", loadCommand("up").options, [], { npm_config_stack: "prod" })).not.toThrow();
  });
});

describe("a word or an option that nobody knows", () => {
  it.each(commandNames())("ends %s with 2 before anything is done", async (name) => {
    const word = await runHere([name, "nonsense"]);
    expect([word.exitCode, word.errors]).toEqual([2, expect.stringMatching(/"nonsense".*Did you mean:\n {2}npm /s)]);
    const option = await runHere([name, "--nonsense"]);
    expect([option.exitCode, option.output]).toEqual([2, ""]);
    expect(option.errors).toContain("unknown option '--nonsense'");
  });

  it("ends with 2 where a command should be", async () => {
    const { exitCode, errors } = await runHere(["nonsense"]);
    expect([exitCode, errors]).toEqual([2, expect.stringContaining("unknown command 'nonsense'")]);
  });
});

describe("exit codes", () => {
  it.each([
    ["succeeded", undefined, 0],
    ["failed", "program", 1],
    ["failed", "resource", 4],
    ["failed", "policy", 5],
    ["cancelled", undefined, 8],
  ] as const)("of an operation that %s (%s) is %i", (result, failure, exitCode) => {
    expect(operationExitCode({ result, failure })).toBe(exitCode);
  });

  it.each([
    ["ENOSPC", "state.json: the disk is full; free some space"],
    ["EACCES", "state.json: no permission to write there; check"],
    ["EROFS", "state.json: the file system is read-only; choose another place"],
    ["EEXIST", "state.json: something else is there already; move it away"],
  ])("explain %s", (code, text) => {
    const error = Object.assign(new Error("system"), { code, path: "state.json" });
    expect(describeError(error).message).toContain(text);
  });
});

describe("help", () => {
  it.each(commandNames())("of %s has a description and examples that run it", (name) => {
    const { description, examples } = loadCommand(name);
    expect(description).toMatch(/\.$/);
    expect(examples.length).toBeGreaterThan(0);
    for (const line of examples) expect(line).toMatch(new RegExp(`npm (run (-s )?)?${name}( |$)`));
  });

  it.each(commandNames())("of %s shows each option under the name that its value gets", (name) => {
    const { options } = loadCommand(name);
    for (const [key, definition] of Object.entries(options)) {
      expect(longFlag(definition).slice(2)).toBe(key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
    }
  });

  it.each([
    ["start", "npm start -- [options]"],
    ["preview", "npm run preview -- [options]"],
  ])("of %s says how npm runs it", (name, usage) => {
    const [command] = commandLineProgram([name], async () => {}).commands;
    expect(command?.helpInformation()).toContain(`Usage: ${usage}\n`);
  });

  it("and a mistyped option load nothing of what the command does", () => {
    const probe =
      'process.on("exit", () => console.error(Object.keys(require.cache).filter((file) => /@pulumi|zod|operations|sandbox/.test(file)).join()))';
    for (const option of ["--help", "--hlep"]) {
      const { status, stderr } = spawnSync(
        process.execPath,
        [
          "-e",
          `${probe}; process.argv.splice(1, 0, "x"); import(${JSON.stringify(join(repository, "cli/run.mjs"))})`,
          "drill",
          option,
        ],
        { encoding: "utf8" },
      );
      expect(status).toBe(option === "--help" ? 0 : 2);
      expect(stderr.replace(/^error: .*\n(\(Did you mean.*\n)?/, "").trim()).toBe("");
    }
  });

  it("names a command's file that exports none", () => {
    expect(() => loadCommand("../exit-codes")).toThrow(
      "cli/commands/../exit-codes.ts exports no command; export `command`",
    );
  });
});
