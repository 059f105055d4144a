import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { repository, typescriptLoader } from "./run-command";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "late-packages-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What a program tells with `tell`; `loaded` says which of the late packages it has loaded by then. */
function run(program: string): unknown {
  const packages = ["typescript", "@npmcli/arborist", "execa", "tmp", "js-yaml", "@logdna/tail-file", "zod/v4/locales"];
  const start = `
    const loaded = () => ${JSON.stringify(packages)}.filter((name) => require.cache[require.resolve(name)] !== undefined);
    const tell = (told) => console.log(JSON.stringify(told));`;
  const output = execFileSync(process.execPath, ["--require", typescriptLoader, "-e", start + program], {
    cwd: repository,
    encoding: "utf8",
    // Sending a function away looks at all of Node's modules, and Node warns of the old ones.
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(output);
}

it("the SDK loads npm and the compiler when it sends a function away, and not before", () => {
  const told = run(`
    const { runtime } = require("@pulumi/pulumi");
    const before = loaded();
    Promise.all([runtime.serializeFunction((a) => a + 1), runtime.computeCodePaths()]).then(([{ text }, paths]) =>
      tell({ before, after: loaded(), text, paths: paths.size }));`);
  expect(told).toEqual({
    before: [],
    after: ["typescript", "@npmcli/arborist"],
    text: expect.stringContaining("a + 1"),
    paths: expect.any(Number),
  });
});

it("the SDK loads what runs the real engine when it runs it", () => {
  mkdirSync(join(directory, "bin"));
  writeFileSync(join(directory, "bin", "pulumi"), "#!/bin/sh\necho v3.999.0\n", { mode: 0o755 });
  const told = run(`
    const { PulumiCommand } = require("@pulumi/pulumi/automation");
    PulumiCommand.get({ root: ${JSON.stringify(directory)} }).then(({ version }) => tell([loaded(), String(version)]));`);
  expect(told).toEqual([["execa"], "3.999.0"]);
});

it("zod loads other languages than English when one is asked for", () => {
  const told = run(`
    const { locales, z } = require("zod");
    const message = () => z.string().safeParse(1).error.issues[0].message;
    const before = [loaded(), message()];
    z.config(locales.de());
    tell([before, [loaded(), message()]]);`);
  expect(told).toEqual([
    [[], "Invalid input: expected string, received number"],
    [["zod/v4/locales"], "Ungültige Eingabe: erwartet string, erhalten Zahl"],
  ]);
});

it("what was compiled is kept of modules that Node calls, and ES modules are loaded as what they are", () => {
  const told = run(`
    require("./lib/module-loader/code-cache.cjs");
    tell(typeof require("./lib/github/github-client").githubClient({ token: "none" }).request);`);
  expect(told).toBe("function");
});
