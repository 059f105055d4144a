import { fork, spawn } from "node:child_process";
import { join } from "node:path";
import type { BenchmarkRun } from "./benchmark";
import { heapMark, type MeasurementRequest, runMeasurement } from "./measure";
import { type Measurement, measurementSchema, medianOf } from "./measurement";

const root = join(__dirname, "..");
const nodeArguments = [
  // As `nodeargs` in `Pulumi.yaml`.
  "--stack-trace-limit=0",
  `--require=${join(root, "lib", "module-loader", "typescript-loader.cjs")}`,
  // Several collector threads wait for one another when the machine is busy, and waiting counts as processor time.
  "--single-threaded-gc",
];

/** Every collection of garbage is a whole one, and is written down. */
const traceHeap = ["--gc-global", "--trace-gc", "--max-semi-space-size=8"];

/** The most that was left by any collection after the mark, in bytes, less what the last one before it left. */
function mostHeap(written: string): number {
  const [before = [], after = []] = written
    .split(heapMark)
    .map((text) => [...text.matchAll(/\) -> ([\d.]+) \(/g)].map(([, megabytes]) => Number(megabytes) * 2 ** 20));
  return Math.max(0, ...after) - (before.at(-1) ?? 0);
}

/**
 * Measures in a process of its own, so that nothing is compiled, cached or garbage from before.
 *
 * @throws with what the process wrote when it fails
 */
export function measureInFreshProcess(request: MeasurementRequest): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, "measure.ts"), [JSON.stringify(request)], {
      cwd: root,
      execArgv: [...nodeArguments, ...(request.what === "memory" ? traceHeap : [])],
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
      const heap = request.what === "memory" ? { heapBytes: mostHeap(written) } : {};
      if (exitCode === 0 && parsed.success) resolve({ ...parsed.data, ...heap });
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

/**
 * Measures each request `runs` times and returns the medians in their order. Rounds go over all requests, so that what else the
 * machine does meanwhile falls on all of them.
 */
export async function repeat(
  requests: readonly MeasurementRequest[],
  { scale, runs, signal }: Pick<BenchmarkRun, "scale" | "runs" | "signal">,
): Promise<Measurement[]> {
  const measurements = requests.map((): Measurement[] => []);
  for (let round = 0; round < runs; round += 1) {
    for (const [index, request] of requests.entries()) {
      signal.throwIfAborted();
      measurements[index]?.push(await measure(request, scale));
    }
  }
  return measurements.map(medianOf);
}

/** In a process of its own, unless the figures mean nothing; with the SDK's mocks always, which stay for the life of a process, and for the heap. */
export function measure(request: MeasurementRequest, scale: BenchmarkRun["scale"]): Promise<Measurement> {
  const isApart = request.what === "memory" || (request.what === "plain" && request.by === "mocks");
  return scale === "tiny" && !isApart ? runMeasurement(request) : measureInFreshProcess(request);
}
