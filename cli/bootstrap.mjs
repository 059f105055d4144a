// Plain JavaScript without dependencies: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeHolder, tryLock } from "../lib/lock/lock-file.cjs";

/** The directory that holds package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const oldestNode = [20, 20];

/** Checks Node and the installed packages, installing them if needed; ends the process when that cannot be put right. */
export function prepare() {
  checkNode();
  if (installReason(root) === undefined) return;
  const giveBack = takeInstallLock();
  try {
    // Whoever had the lock before may have installed what was missing.
    const reason = installReason(root);
    if (reason !== undefined) install(reason);
  } finally {
    giveBack();
  }
}

/** Hands over to the TypeScript program, in this process. Its exit code becomes that of the process. */
export async function runMain(args) {
  require("../lib/module-loader/code-cache.cjs");
  require("../lib/module-loader/typescript-loader.cjs");
  require("./late-modules.cjs");
  const { main } = require("./main.ts");
  const exitCode = await main(args);
  // What a program left open must not keep the command from ending; what was written must arrive first.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  fail(`Node ${oldestNode.join(".")} or newer is needed, this is ${process.versions.node}`);
}

/** Why the packages must be installed, or undefined when what is installed is what the lockfile says. */
function installReason(directory) {
  const packages = join(directory, "node_modules");
  const installed = join(packages, ".package-lock.json");
  if (!existsSync(packages)) return "node_modules is missing";
  // Packages of another directory: npm would empty that one.
  if (lstatSync(packages).isSymbolicLink()) return undefined;
  if (existsSync(unfinishedMark(directory))) return "the last installation was interrupted";
  if (!existsSync(installed)) return "node_modules is incomplete";
  return samePackages(join(directory, "package-lock.json"), installed)
    ? undefined
    : "node_modules is older than package-lock.json";
}

// npm's own record of what it installed has the lockfile's entries, without the root's and those of other platforms.
function samePackages(lockfile, installed) {
  const wanted = readPackages(lockfile);
  const present = readPackages(installed);
  if (wanted === undefined || present === undefined) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "" || (present[path] === undefined && entry.optional === true)) continue;
    if (present[path]?.version !== entry.version || present[path]?.integrity !== entry.integrity) return false;
  }
  return Object.keys(present).every((path) => wanted[path] !== undefined);
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

function unfinishedMark(directory) {
  return join(directory, "node_modules", ".installing");
}

/** Two installations at once would delete each other's packages. Waits for a running one; returns what gives the lock back. */
function takeInstallLock() {
  const lock = join(root, ".npm-ci.lock");
  for (;;) {
    const attempt = tryInstallLock(lock);
    if (attempt.taken) return attempt.release;
    if (attempt.owner === undefined) fail(`the installation is ${describeHolder(lock, undefined)}`);
    sleep(500);
  }
}

function tryInstallLock(lock) {
  try {
    return tryLock(lock, "npm ci");
  } catch (error) {
    return fail(`${lock} cannot be written: ${error.message}`);
  }
}

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function install(reason) {
  process.stderr.write(`${reason}: running npm ci\n`);
  // npm ci begins by removing node_modules, so a mark in it only survives an interruption before that; what comes later
  // leaves no .package-lock.json, which npm writes last.
  if (existsSync(join(root, "node_modules"))) writeFileSync(unfinishedMark(root), "");
  const [command, ...args] = npmCommand();
  const result = spawnSync(command, [...args, "ci", "--no-audit", "--no-fund"], {
    cwd: root,
    // npm's report goes where it cannot be taken for the command's output.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32" && command === "npm",
  });
  rmSync(unfinishedMark(root), { force: true });
  if (result.error !== undefined) fail(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0) fail(`npm ci failed (${result.status ?? result.signal}); see above`);
}

/** npm as it was started, when it was npm that started this. */
function npmCommand() {
  const cli = process.env.npm_execpath;
  if (cli !== undefined && /npm-cli\.[cm]?js$/.test(cli)) return [process.execPath, cli];
  const beside = [
    join(dirname(process.execPath), "node_modules", "npm", "bin", "npm-cli.js"),
    join(dirname(dirname(process.execPath)), "lib", "node_modules", "npm", "bin", "npm-cli.js"),
  ].find((path) => existsSync(path));
  return beside === undefined ? ["npm"] : [process.execPath, beside];
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}
