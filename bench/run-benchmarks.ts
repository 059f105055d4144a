import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Benchmark, Row, Scale } from "./benchmark";
import { components } from "./benchmarks/components";
import { pack } from "./benchmarks/pack";
import { plain } from "./benchmarks/plain";
import { policies } from "./benchmarks/policies";
import { realEngine } from "./benchmarks/real-engine";
import { report } from "./benchmarks/report";
import { sites } from "./benchmarks/sites";
import { start } from "./benchmarks/start";
import { state } from "./benchmarks/state";

export const benchmarks: readonly Benchmark[] = [
  sites,
  components,
  policies,
  pack,
  report,
  plain,
  state,
  start,
  realEngine,
];

export interface BenchmarkOptions {
  readonly chosen: readonly Benchmark[];
  readonly runs: number;
  readonly scale: Scale;
  readonly signal: AbortSignal;
  /** Called with the rows of each benchmark when it is done. */
  readonly onRows: (benchmark: Benchmark, rows: readonly Row[]) => void;
}

/** Everything that was measured, and where. */
export interface BenchmarkReport {
  readonly date: string;
  readonly node: string;
  readonly cores: number;
  readonly runs: number;
  readonly rows: readonly Row[];
}

/** Runs benchmarks one after another; each measures in processes of its own. */
export async function runBenchmarks({
  chosen,
  runs,
  scale,
  signal,
  onRows,
}: BenchmarkOptions): Promise<BenchmarkReport> {
  const date = new Date().toISOString().slice(0, 10);
  const all: Row[] = [];
  for (const benchmark of chosen) {
    const directory = mkdtempSync(join(tmpdir(), `bench-${benchmark.name}-`));
    try {
      const rows = await benchmark.run({ scale, runs, directory, signal });
      all.push(...rows);
      onRows(benchmark, rows);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return { date, node: process.version, cores: availableParallelism(), runs, rows: all };
}
