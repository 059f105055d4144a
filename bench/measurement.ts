import { z } from "zod";

/** What one fresh process measured of itself. */
export const measurementSchema = z.strictObject({
  /** Resources that were registered, components and the stack among them. */
  resources: z.int().nonnegative(),
  /** By the clock. Other programs on the machine make it longer. */
  seconds: z.number().nonnegative(),
  /** Of the processor, all threads of the process together. Other programs on the machine hardly change it. */
  processorSeconds: z.number().nonnegative(),
  /** The part of `processorSeconds` that policies took, where that was measured. */
  policySeconds: z.number().nonnegative().exactOptional(),
  /** Live heap at the most, less what there was before, where that was measured. */
  heapBytes: z.number().nonnegative().exactOptional(),
});
export type Measurement = z.infer<typeof measurementSchema>;

/** Runs `work` and measures it. What is loaded beforehand does not count. */
export async function measureWork(work: () => Promise<{ readonly resources: number }>): Promise<Measurement> {
  const processor = process.cpuUsage();
  const started = performance.now();
  const { resources } = await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(processor);
  return { resources, seconds, processorSeconds: (user + system) / 1e6 };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  const lower = sorted[Math.ceil(middle) - 1];
  if (upper === undefined || lower === undefined) throw new Error("the median of nothing");
  return (upper + lower) / 2;
}

/** The median of each figure of several runs of the same work. */
export function medianOf(runs: readonly Measurement[]): Measurement {
  const of = (figure: (run: Measurement) => number) => median(runs.map(figure));
  const policies = runs.flatMap(({ policySeconds }) => (policySeconds === undefined ? [] : [policySeconds]));
  const heaps = runs.flatMap(({ heapBytes }) => (heapBytes === undefined ? [] : [heapBytes]));
  return {
    resources: of(({ resources }) => resources),
    seconds: of(({ seconds }) => seconds),
    processorSeconds: of(({ processorSeconds }) => processorSeconds),
    ...(policies.length === 0 ? {} : { policySeconds: median(policies) }),
    ...(heaps.length === 0 ? {} : { heapBytes: median(heaps) }),
  };
}

/** Resources of the plain program beside its components and their records: stack, resource group and storage account. */
export const plainResources = 3;
