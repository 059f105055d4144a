import { describe, expect, it } from "vitest";
import { describeError, exitCodes, operationExitCode } from "../../cli/exit-codes";
import { commandDefinitions } from "../../cli/program";
import { refuseStrayArguments } from "../../cli/swallowed-options";
import { targetStack } from "../../cli/target-stack";

describe("the stack and the engine of a command", () => {
  it("are dev and the sandbox unless said otherwise", () => {
    expect(targetStack("up", {}, "dev", {})).toEqual({ stack: "dev", engine: "sandbox" });
    expect(targetStack("up", { stack: "prod", engine: "pulumi" }, "dev", {})).toEqual({
      stack: "prod",
      engine: "pulumi",
    });
  });

  it.each([
    ["destroy", "none" as const, {}, {}, "npm run destroy -- --stack NAME"],
    ["up", "dev" as const, { engine: "pulumi" as const }, {}, "npm run up -- --engine pulumi --stack NAME"],
    ["up", "dev" as const, { stack: "prod" }, { CI: "true" }, "npm run up -- --stack prod --engine sandbox"],
  ])("must be named for %s (default %s, %o, %o)", (command, fallback, options, environment, line) => {
    const find = () => targetStack(command, options, fallback, environment);
    expect(find).toThrow(line);
    expect(find).toThrow(expect.objectContaining({ exitCode: exitCodes.badConfiguration }));
  });

  it("need not be named for start in a build: it only knows the sandbox", () => {
    expect(targetStack("start", {}, "dev", { CI: "true" }).engine).toBe("sandbox");
  });
});

describe("stray arguments", () => {
  const npm = { npm_lifecycle_event: "destroy" };
  it.each([
    [["prod"], {}, "npm run destroy -- --stack prod"],
    [["prod"], { ...npm, npm_config_stack: "true" }, "npm run destroy -- --stack prod"],
    [[], { ...npm, npm_config_stack: "prod", npm_config_json: "true" }, "npm run destroy -- --stack prod --json"],
    [[], { ...npm, npm_config_skip_preview: "true" }, "npm run destroy -- --skip-preview"],
    [["tasks"], { ...npm, npm_config_database: "true" }, "npm run destroy -- --database tasks"],
  ])("%o with %o are refused with the line that was meant", (stray, environment, line) => {
    expect(() => refuseStrayArguments("destroy", stray, environment)).toThrow(line);
  });

  it("of a failover name its host, also when npm took --to for an option of its own that begins so", () => {
    const line = "npm run failover -- --to forge";
    expect(() => refuseStrayArguments("failover", ["forge"], {})).toThrow(line);
    const completed = { ...npm, npm_config_token_description: "forge", npm_config_planned: "true" };
    expect(() => refuseStrayArguments("failover", [], completed)).toThrow(
      /npm took --to, --planned for itself.*npm run failover -- --to forge --planned/s,
    );
  });

  it("are none when npm's own settings are empty, or when it was not npm that ran the command", () => {
    expect(() => refuseStrayArguments("up", [], { ...npm, npm_config_yes: "" })).not.toThrow();
    expect(() => refuseStrayArguments("up", [], { npm_config_stack: "prod" })).not.toThrow();
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
    ["ENOSPC", "the disk is full"],
    ["EACCES", "no permission to write: state.json"],
  ])("explain %s", (code, text) => {
    const error = Object.assign(new Error("system"), { code, path: "state.json" });
    expect(describeError(error).message).toContain(text);
  });
});

describe("help", () => {
  it("has examples for every command", () => {
    for (const command of commandDefinitions) expect(command.examples.length).toBeGreaterThan(0);
  });
});
