import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { repository } from "../cli/run-command";
import { runHere } from "../cli/run-here";
import { type SmallProject, smallProject } from "../cli/small-project";
import { keptFiles } from "./kept-data";
import { temporaryDirectory } from "./temporary-directory";

// One deployed project. Whatever goes wrong afterwards, its state and its world stay as they are, byte for byte.
let project: SmallProject;
let before: ReturnType<typeof keptFiles>;
const sandbox = () => join(project.directory, ".sandbox");

beforeAll(async () => {
  project = smallProject();
  expect(await project.runHere(["up", "--yes", "--skip-preview"])).toMatchObject({ exitCode: 0 });
  before = keptFiles(sandbox());
}, 60_000);
afterEach(() => {
  for (const [path, text] of Object.entries(before)) writeFileSync(join(sandbox(), path), text);
});
afterAll(() => project.remove());

/** An `up` that would change something. */
const up = (environment: Readonly<Record<string, string>> = {}) =>
  project.runHere(["up", "--yes"], { SKU: "Standard_GRS", ...environment });

describe("the files of the project", () => {
  const small = "config:\n  small:location: swedencentral\n";
  afterEach(() => project.write("Pulumi.dev.yaml", small));

  it.each([
    ["that are not YAML", "config:\n  small:location: [swedencentral\n", /Pulumi\.dev\.yaml:3:1 not valid YAML: /],
    ["that are empty", "", /Pulumi\.dev\.yaml:1:1 .*small:location is missing/],
    [
      "of 10 MB",
      `${small}# ${"x".repeat(10_000_000)}\n`,
      /Pulumi\.dev\.yaml:1:1 the file has 9\.5 MB, the limit is 2\.0 MB/,
    ],
    ["with a map in the wrong place", "config: yes please\n", /Pulumi\.dev\.yaml:1:1 config: expected a map/],
    [
      "with an unknown key",
      `${small}secretprovider: x\n`,
      /:3:1 secretprovider: unknown key "secretprovider"; did you mean "secretsprovider"/,
    ],
    ["with a secret in clear text", `${small}  small:owner: me\n`, /:3:3 config\.small:owner: must be encrypted/],
  ])("%s end with 2 and say where", async (_what, text, problem) => {
    project.write("Pulumi.dev.yaml", text);
    const run = await up();
    expect([run.exitCode, run.errors]).toEqual([2, expect.stringMatching(problem)]);
    expect(run.errors).not.toContain("    at ");
    expect(keptFiles(sandbox())).toEqual(before);
  });

  it("that are not there end with 2", async () => {
    const empty = temporaryDirectory();
    const run = await runHere(["up", "--yes", "--cwd", empty.path]);
    empty.remove();
    expect([run.exitCode, run.errors]).toEqual([2, expect.stringContaining("a Pulumi project has one")]);
  });
});

describe("the world", () => {
  const world = () => join(sandbox(), "world.jsonl");

  it.each([
    ["damaged in the middle", (text: string) => text.replace(/\n.{9}/, "\n"), /world\.jsonl: line \d+ is not JSON/],
    ["of a newer version", (text: string) => text.replace('"version":1', '"version":2'), /written by a newer version/],
    ["replaced by something else", () => '{"a":1}\n', /not a sandbox world/],
    ["with a line of no known form", (text: string) => `${text}{"moved":1}\n`, /world\.jsonl: line \d+ /],
  ])("%s ends with 1, a clear error and no change", async (_what, damage, problem) => {
    const damaged = damage(readFileSync(world(), "utf8"));
    writeFileSync(world(), damaged);
    const run = await up();
    expect([run.exitCode, run.errors]).toEqual([1, expect.stringMatching(problem)]);
    expect(run.errors).not.toContain("    at ");
    expect(keptFiles(sandbox())).toEqual({ ...before, "world.jsonl": damaged });
  });

  it("whose last line was cut short is used without it", async () => {
    appendFileSync(world(), '{"changes":[{"put":');
    expect(await project.runHere(["preview", "--expect-no-changes"])).toMatchObject({ exitCode: 0 });
    expect(keptFiles(sandbox())).toEqual(before);
  });

  it("without its salt is told as what it is", async () => {
    rmSync(join(sandbox(), "world.salt"));
    const run = await up();
    expect([run.exitCode, run.errors]).toEqual([1, expect.stringContaining("world.salt")]);
    expect(keptFiles(sandbox())["world.jsonl"]).toBe(before["world.jsonl"]);
  });
});

describe("the place where the data is kept", () => {
  it("that must not be written ends with 1 and is left alone", async () => {
    const preload = join(__dirname, "file-faults.cjs");
    const run = await project.run(["up", "--yes"], {
      SKU: "Standard_GRS",
      SANDBOX_DIRECTORY: sandbox(),
      NODE_OPTIONS: `--require ${preload}`,
      FILE_FAULT: "forbid any 1",
    });
    expect([run.exitCode, run.errors]).toEqual([1, expect.stringContaining("no permission to write")]);
    expect(run.errors).toContain(sandbox());
    expect(keptFiles(sandbox())).toEqual(before);
  });
});

describe("options that npm keeps for itself", () => {
  it("end with 2 and show the line that was meant", () => {
    const { CI: _ci, ...environment } = process.env;
    const run = spawnSync("npm", ["run", "-s", "destroy", "--stack", "prod"], {
      cwd: repository,
      env: environment,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    expect([run.status, run.stderr]).toEqual([2, expect.stringContaining("npm run destroy -- --stack prod")]);
  });
});
