import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownIdentity } from "../../lib/lock/lock-file.cjs";
import { repository } from "./run-command";

const lockfile = (version: string) => ({
  name: "x",
  lockfileVersion: 3,
  packages: {
    "": { name: "x" },
    "node_modules/a": { version, integrity: "sha512-1" },
    "node_modules/other-platform": { version: "1.0.0", integrity: "sha512-2", optional: true },
  },
});
const installed = { packages: { "node_modules/a": { version: "1.0.0", integrity: "sha512-1" } } };

/** A copy of the bootstrap with a stand-in for npm that records what it was asked and installs `a`. */
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clone-"));
  mkdirSync(join(root, "cli"));
  mkdirSync(join(root, "npm"));
  cpSync(join(repository, "lib/lock"), join(root, "lib/lock"), { recursive: true });
  cpSync(join(repository, "cli/bootstrap.mjs"), join(root, "cli/bootstrap.mjs"));
  writeFileSync(
    join(root, "cli/probe.mjs"),
    'import { prepare } from "./bootstrap.mjs";\nprepare();\nprocess.stdout.write("ready");\n',
  );
  writeFileSync(
    join(root, "npm/npm-cli.js"),
    `const { mkdirSync, writeFileSync } = require("node:fs");
console.log("npm says", process.argv.slice(2).join(" "));
if (process.env.FAIL) process.exit(3);
if (process.env.SLOW) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.SLOW));
mkdirSync("node_modules", { recursive: true });
writeFileSync("node_modules/.package-lock.json", ${JSON.stringify(JSON.stringify(installed))});
`,
  );
  write("package-lock.json", lockfile("1.0.0"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, content: unknown): void {
  mkdirSync(join(root, name, ".."), { recursive: true });
  writeFileSync(join(root, name), JSON.stringify(content));
}

function probe(environment: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, [join(root, "cli/probe.mjs")], {
    encoding: "utf8",
    env: { ...process.env, npm_execpath: join(root, "npm/npm-cli.js"), ...environment },
  });
}

function start(environment: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [join(root, "cli/probe.mjs")], {
    env: { ...process.env, npm_execpath: join(root, "npm/npm-cli.js"), ...environment },
  });
}

describe("the bootstrap", () => {
  it("installs when there is nothing yet, says so on standard error, and keeps npm's report off standard output", () => {
    const run = probe();
    expect(run.status).toBe(0);
    expect(run.stdout).toBe("ready");
    expect(run.stderr).toContain("node_modules is missing: running npm ci\n");
    expect(run.stderr).toContain("npm says ci --no-audit --no-fund");
  });

  it("installs nothing the second time, even when other platforms' packages are not there", () => {
    probe();
    expect(probe().stderr).toBe("");
  });

  it("installs again when the lockfile asks for another version", () => {
    probe();
    write("package-lock.json", lockfile("2.0.0"));
    expect(probe().stderr).toContain("node_modules is older than package-lock.json: running npm ci");
  });

  it("installs again when a package is there that the lockfile does not have", () => {
    probe();
    const extra = { ...installed.packages, "node_modules/b": { version: "1.0.0" } };
    write("node_modules/.package-lock.json", { packages: extra });
    expect(probe().stderr).toContain("running npm ci");
  });

  it("leaves packages alone that a link lends from another directory", () => {
    mkdirSync(join(root, "lent"));
    symlinkSync(join(root, "lent"), join(root, "node_modules"), "junction");
    expect(probe()).toMatchObject({ status: 0, stderr: "" });
  });

  it.each([
    ["before npm began", ".installing", ""],
    ["half-way", ".package-lock.json", undefined],
  ])("recovers from an installation interrupted %s", (_when, name, content) => {
    probe();
    const file = join(root, "node_modules", name);
    if (content === undefined) rmSync(file);
    else writeFileSync(file, content);
    expect(probe().stderr).toContain("running npm ci");
    expect(existsSync(join(root, "node_modules/.installing"))).toBe(false);
    expect(probe().stderr).toBe("");
  });

  it("waits for an installation that another process runs, and does not repeat it", async () => {
    const slow = { SLOW: "1500" };
    const children = [start(slow), start(slow)];
    const errors = await Promise.all(children.map(({ stderr }) => text(stderr)));
    expect(errors.filter((error) => error.includes("running npm ci"))).toHaveLength(1);
    expect(existsSync(join(root, ".npm-ci.lock"))).toBe(false);
  });

  it("takes over the lock of an installation that died", () => {
    const pid = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(
      join(root, ".npm-ci.lock"),
      JSON.stringify({ ...ownIdentity(), pid, user: "me", purpose: "npm ci", since: "" }),
    );
    expect(probe().stderr).toContain("running npm ci");
  });

  it("ends with an error when the installation fails", () => {
    const run = probe({ FAIL: "1" });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("npm ci failed (3)");
    expect(run.stdout).not.toContain("ready");
  });

  it("is plain JavaScript without dependencies", () => {
    for (const script of [
      "cli/bootstrap.mjs",
      "cli/temporary-root.mjs",
      "cli/test.mjs",
      "cli/run.mjs",
      "lib/lock/lock-file.cjs",
    ]) {
      const text = readFileSync(join(repository, script), "utf8");
      const imports = [...text.matchAll(/(?:from |require\()"([^"]+)"/g)].map((match) => match[1]);
      expect(imports.filter((name) => !name?.startsWith("node:") && !/^\..*\.[cm]js$/.test(name ?? ""))).toEqual(
        script === "cli/bootstrap.mjs" ? ["./main.ts"] : [],
      );
    }
  });
});
