import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type SmallProject, smallProject } from "../cli/small-project";
import { keptFiles } from "./kept-data";

/** One deployed project, put back before each test. */
let project: SmallProject;
let before: ReturnType<typeof keptFiles>;
const path = (name: string) => join(project.directory, name);

beforeAll(async () => {
  project = smallProject();
  expect(await project.runHere(["up", "--yes", "--skip-preview"])).toMatchObject({ exitCode: 0 });
  before = Object.fromEntries(
    Object.entries(keptFiles(project.directory)).filter(([name]) => !name.startsWith("node_modules")),
  );
}, 60_000);
beforeEach(() => {
  for (const [name, text] of Object.entries(before)) {
    rmSync(path(name), { recursive: true, force: true });
    writeFileSync(path(name), text);
  }
});
afterAll(() => project.remove());

const state = ".sandbox/state/small/dev.json";
const world = ".sandbox/world.jsonl";
const deep = (text: string) => text.repeat(20_000);
const up = (environment: Readonly<Record<string, string>> = {}) =>
  project.runHere(["up", "--yes", "--skip-preview"], environment);

/** Neither a stack trace nor a file that was changed, and the file's name in the message. */
async function expectRefusal(exitCode: number, name: string, message: RegExp, environment?: Record<string, string>) {
  const kept = () => Object.entries(keptFiles(path(".sandbox")));
  const files = kept();
  const run = await up(environment);
  expect([run.exitCode, run.errors + run.output]).toEqual([exitCode, expect.stringMatching(message)]);
  expect(run.errors + run.output).toContain(name);
  expect(run.errors + run.output).not.toMatch(/^ +at /m);
  expect(kept()).toEqual(files);
}

const replacements = {
  "a pipe": (file: string) => execFileSync("mkfifo", [file]),
  "a directory": (file: string) => mkdirSync(file),
};

describe.skipIf(process.platform === "win32")("instead of a file", () => {
  const places: readonly (readonly [string, number])[] = [
    ["Pulumi.yaml", 2],
    ["Pulumi.dev.yaml", 2],
    [state, 1],
    [world, 1],
    [".sandbox/world.salt", 1],
    [".sandbox/state/small/dev.journal", 1],
  ];
  const cases = places.flatMap(([name, exitCode]) =>
    Object.entries(replacements).map(([what, replace]) => [what, name, exitCode, replace] as const),
  );
  it.each(cases)("%s in the place of %s is refused", async (_what, name, exitCode, replace) => {
    rmSync(path(name), { force: true });
    replace(path(name));
    try {
      await expectRefusal(exitCode, name.split("/").at(-1) ?? "", /(directory|pipe|device)/);
    } finally {
      rmSync(path(name), { recursive: true, force: true });
    }
  });

  it.each(Object.entries(replacements))("%s of faults is refused, with 2", async (_what, replace) => {
    const name = path("faults.yaml");
    replace(name);
    await expectRefusal(2, name, /SANDBOX_FAULTS/, { SANDBOX_FAULTS: name });
    rmSync(name, { recursive: true });
  });
});

describe("a fault plan", () => {
  it.each([
    ["that is missing", undefined, /the file is missing/],
    ["that is not YAML", "faults: [", /not valid YAML/],
    ["that is nested too deeply", deep("["), /nested/],
    ["of something else", "fault: []", /unknown key "fault"/],
  ])("%s ends with 2", async (_what, text, message) => {
    const name = path("faults.yaml");
    if (text !== undefined) writeFileSync(name, text);
    await expectRefusal(2, name, message, { SANDBOX_FAULTS: name });
    rmSync(name, { force: true });
  });
});

describe.skipIf(!existsSync("/proc/self"))("a directory for the data", () => {
  it.each([
    ["/proc/sandbox", /\/proc\/sandbox: no directory can be made there; choose another place/],
    ["/dev/null/sandbox", /\/dev\/null.*not a directory.*another place/],
    ["/dev/null", /\/dev\/null.*not a directory.*another place/],
  ])("that cannot be, %s, is refused at once", async (directory, message) => {
    const run = await project.runHere(["up", "--yes", "--skip-preview"], { SANDBOX_DIRECTORY: directory });
    expect([run.exitCode, run.errors]).toEqual([1, expect.stringMatching(message)]);
    expect(run.errors).toContain("SANDBOX_DIRECTORY");
  });
});

const document = z.looseObject({
  deployment: z.looseObject({ resources: z.array(z.looseObject({ urn: z.string(), parent: z.string().optional() })) }),
});
type Resources = z.infer<typeof document>["deployment"]["resources"];

describe("a state", () => {
  const at = (resources: Resources, index: number) => resources.at(index) ?? { urn: "" };
  it.each<readonly [string, (resources: Resources) => Resources, RegExp]>([
    [
      "with the same URN twice",
      (all) => [...all, at(all, -1)],
      /resources\.\d+\.urn: .*StorageAccount::account is there twice/,
    ],
    [
      "whose resource has a parent that is not there",
      (all) => [...all.slice(0, -1), { ...at(all, -1), parent: "urn:pulumi:dev::small::a:b:C::gone" }],
      /resources\.\d+\.parent: .*a:b:C::gone is not there/,
    ],
    [
      "whose resources depend on each other",
      (all) => all.map((one, index) => (index === all.length - 2 ? { ...one, dependencies: [at(all, -1).urn] } : one)),
      /::account: its dependencies .*::group needs it, too/,
    ],
  ])("%s is refused", async (_what, change, message) => {
    const read = document.parse(JSON.parse(before[state] ?? ""));
    const changed = { ...read, deployment: { ...read.deployment, resources: change(read.deployment.resources) } };
    writeFileSync(path(state), JSON.stringify(changed));
    await expectRefusal(1, state, message);
  });

  it("nested too deeply is refused", async () => {
    const nested = (before[state] ?? "").replace('"inputs": {', `"inputs": { "deep": ${deep("[")}${deep("]")},`);
    expect(nested).not.toBe(before[state]);
    writeFileSync(path(state), nested);
    await expectRefusal(1, state, /nested/);
  });
});

describe("files of the project", () => {
  const config = "config:\n  small:location: swedencentral\n";
  it.each([
    [
      "nested too deeply",
      `${config}  small:deep: ${deep("[")}${deep("]")}\n`,
      /Pulumi\.dev\.yaml:3:113 nested more than 100/,
    ],
    ["with a key of every object", `${config}__proto__: { a: 1 }\n`, /Pulumi\.dev\.yaml:3:1 .*"__proto__"/],
    ["with such a key below", `${config}  __proto__: { a: 1 }\n`, /Pulumi\.dev\.yaml:3:3 .*"__proto__"/],
  ])("%s are refused, with 2", async (_what, text, message) => {
    project.write("Pulumi.dev.yaml", text);
    await expectRefusal(2, "Pulumi.dev.yaml", message);
  });

  it("have 20 problems printed, and the rest counted", async () => {
    project.write("Pulumi.dev.yaml", config + Array.from({ length: 35 }, (_, index) => `key${index}: 1\n`).join(""));
    const { errors } = await up();
    expect(errors.match(/unknown key/g)).toHaveLength(20);
    expect(errors).toContain("and 15 more");
  });
});

describe("the world", () => {
  it("with a line that is nested too deeply names its file", async () => {
    writeFileSync(
      path(world),
      `${before[world]}{"changes":[{"put":{"cloud":"azure","kind":"k","id":"i","properties":{"a":${deep("[")}${deep("]")}}}}]}\n`,
    );
    await expectRefusal(1, "world.jsonl: line", /nested/);
    expect(readFileSync(path(world), "utf8").startsWith(before[world] ?? "x")).toBe(true);
  });
});
