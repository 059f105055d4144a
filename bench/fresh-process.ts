import { fork, spawn } from "node:child_process";
import { join } from "node:path";
import { type Measurement, measurementSchema } from "./measurement";
import type { MeasurementRequest } from "./measurements/index";

const root = join(__dirname, "..");
const nodeArguments = [
  // As `nodeargs` in `Pulumi.yaml`.
  "--stack-trace-limit=0",
  `--require=${join(root, "cli", "typescript-loader.cjs")}`,
  // Several collector threads wait for one another when the machine is busy, and waiting counts as processor time.
  "--single-threaded-gc",
];

/**
 * Measures in a process of its own, so that nothing is compiled, cached or garbage from before.
 *
 * @throws with what the process wrote when it fails
 */
export function measureInFreshProcess(request: MeasurementRequest): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, "measure.ts"), [JSON.stringify(request)], {
      cwd: root,
      execArgv: nodeArguments,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    let written = "";
    let answer: unknown;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        written += text;
      });
    }
    child.on("message", (message) => {
      answer = message;
    });
    child.on("error", reject);
    child.on("close", (exitCode) => {
      const parsed = measurementSchema.safeParse(answer);
      if (exitCode === 0 && parsed.success) resolve(parsed.data);
      else reject(new Error(`measuring ${request.what} failed with exit code ${exitCode}:\n${written}`));
    });
  });
}

/**
 * Seconds by the clock that a whole process takes.
 *
 * @throws with what it wrote when it fails
 */
export function timeProcess(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { CI: _ci, ...inherited } = process.env;
    const started = performance.now();
    const child = spawn(command, args, {
      cwd: root,
      env: { ...inherited, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let written = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        written += text;
      });
    }
    child.on("error", reject);
    child.on("close", (exitCode) => {
      if (exitCode === 0) resolve((performance.now() - started) / 1000);
      else reject(new Error(`${command} ${args.join(" ")} failed with exit code ${exitCode}:\n${written}`));
    });
  });
}
