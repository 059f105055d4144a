import type { Measurement } from "./measurement";

/** What a figure must not exceed, and whether it does. */
export interface Mark {
  /** What is divided by what. */
  readonly of: string;
  readonly ratio: number;
  readonly atMost: number;
  readonly met: boolean;
}

/** One line of the result. */
export interface Row {
  readonly benchmark: string;
  readonly measured: string;
  readonly resources?: number;
  /** By the clock, median. */
  readonly seconds?: number;
  /** Of the processor, median. */
  readonly processorSeconds?: number;
  /** Processor time, in milliseconds. */
  readonly perResource?: number;
  readonly mark?: Mark;
  readonly note?: string;
}

/** `tiny` shows that everything runs; its figures mean nothing. */
export type BenchmarkScale = "full" | "tiny";

export interface BenchmarkRun {
  readonly scale: BenchmarkScale;
  /** How often everything is measured. The result is the median. */
  readonly runs: number;
  /** A directory for this benchmark's files, removed afterwards. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export interface Benchmark {
  readonly name: string;
  readonly description: string;
  run(run: BenchmarkRun): Promise<readonly Row[]>;
}

export function mark(of: string, ratio: number, atMost: number): Mark {
  return { of, ratio, atMost, met: ratio <= atMost };
}

export function figures({ resources, seconds, processorSeconds }: Measurement) {
  return { resources, seconds, processorSeconds, perResource: perResource({ resources, processorSeconds }) };
}

export function perResource({ resources, processorSeconds }: Pick<Measurement, "resources" | "processorSeconds">) {
  return (1000 * processorSeconds) / Math.max(resources, 1);
}
