// Type check, lint and tests, all of them even when one fails. The last line is `N passed, N failed`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { prepare, root } from "./bootstrap.mjs";
import { temporaryRoot } from "./temporary-root.mjs";

// The compiler is a Go program: collecting its garbage a quarter as often saves a third of its time.
const rarelyCollecting = { ...process.env, GOGC: "400" };

prepare();
const filters = process.argv.slice(2);
// TypeScript 7 takes a third of the time of 6, whose interface the SDK and some tests need. The tests begin meanwhile.
const typeCheck = check("type check", ["typescript-7", "bin", "tsc"], ["--noEmit"], rarelyCollecting);
const results = [
  await check("lint", ["@biomejs", "biome", "bin", "biome"], ["check", "."]),
  ...(await installations()),
  await runTests(),
  await typeCheck,
];
const passed = sum(results, (result) => result.passed);
const failed = sum(results, (result) => result.failed);
const skipped = results.flatMap((result) => result.skipped);

for (const name of skipped) process.stdout.write(`skipped: ${name}\n`);
if (skipped.length > 0) process.stdout.write(`${skipped.length} skipped\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

// Litestream takes minutes to build, so this is asked for; without it, tests that need what is missing are skipped by name.
async function installations() {
  if (process.env.REAL_PROGRAMS !== "install") return [];
  const loader = join(root, "lib", "module-loader", "typescript-loader.cjs");
  const status = await runNode(["--require", loader, join(root, "test", "install-real-programs.ts")], "inherit");
  return [reportCheck("programs that tests run", status)];
}

/** Shows what a check has to say in one piece, when it has ended: other checks and the tests write at the same time. */
async function check(name, script, args, env = process.env) {
  const said = [];
  const hear = (text) => said.push(text);
  const status = await runNode(scriptArguments(script, args), ["ignore", "pipe", "pipe"], hear, env);
  process.stdout.write(said.join(""));
  return reportCheck(name, status);
}

function reportCheck(name, status) {
  process.stdout.write(`${name}: ${status === 0 ? "passed" : "FAILED"}\n\n`);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: [] };
}

async function runTests() {
  const directory = mkdtempSync(join(temporaryRoot(), "tests-"));
  // Servers that do not run as root have a user of their own, who passes through.
  chmodSync(directory, 0o711);
  // A terminal interrupts vitest, too. This process waits for its end, and takes away what it left.
  process.on("SIGINT", () => {});
  const report = join(directory, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const status = await runNode(
      scriptArguments(["vitest", "vitest.mjs"], ["run", ...reporters, ...filters]),
      "inherit",
      undefined,
      { ...process.env, TMPDIR: directory },
    );
    return countTests(readReport(report), status);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

// A file that fails before its first test, and a run that fails without a failed test, count as one failure each.
function countTests(report, status) {
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const count = (state) => tests.filter((test) => test.status === state).length;
  const broken = files.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  const failed = count("failed") + broken.length;
  return {
    passed: count("passed"),
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: tests.filter((test) => ["pending", "skipped", "todo"].includes(test.status)).map((test) => test.fullName),
  };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function scriptArguments(script, args) {
  return [join(root, "node_modules", ...script), ...args];
}

async function runNode(args, stdio, hear, env = process.env) {
  const child = spawn(process.execPath, args, { cwd: root, stdio, env });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", hear);
  const end = () => child.kill();
  process.on("SIGTERM", end);
  const [status] = await once(child, "close");
  process.off("SIGTERM", end);
  return status ?? 1;
}

function sum(items, read) {
  return items.reduce((total, item) => total + read(item), 0);
}
