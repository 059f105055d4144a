import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Benchmark, BenchmarkScale, Row } from "./benchmark";
import { pack, report } from "./benchmarks/growth";
import { memory, plain, state } from "./benchmarks/plain-program";
import { components, policies, sites, stacks } from "./benchmarks/prod-previews";
import { realEngine, start } from "./benchmarks/whole-processes";

export const benchmarks: readonly Benchmark[] = [
  sites,
  stacks,
  components,
  policies,
  pack,
  report,
  plain,
  state,
  memory,
  start,
  realEngine,
];

export interface BenchmarkOptions {
  readonly chosen: readonly Benchmark[];
  readonly runs: number;
  readonly scale: BenchmarkScale;
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

const columns = ["measured", "resources", "seconds", "processor s", "ms/resource", "ratio", ""] as const;

/** The rows as an aligned table, one line each, below a line of headings. */
export function resultTable(rows: readonly Row[]): string[] {
  const cells = [[...columns], ...rows.map(rowCells)];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, index) =>
        index === 0 || index === columns.length - 1
          ? cell.padEnd(widths[index] ?? 0)
          : cell.padStart(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

function rowCells(row: Row): string[] {
  const { resources, seconds, processorSeconds, perResource, mark, note } = row;
  const verdict = mark && `${mark.met ? "pass" : "FAIL"}: ${mark.of}, at most ${mark.atMost}`;
  return [
    row.measured,
    resources?.toLocaleString("en") ?? "",
    seconds?.toFixed(2) ?? "",
    processorSeconds?.toFixed(2) ?? "",
    perResource?.toFixed(2) ?? "",
    mark?.ratio.toFixed(2) ?? "",
    [verdict, note].filter((text) => text !== undefined).join("; "),
  ];
}
