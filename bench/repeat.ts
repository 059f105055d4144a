import type { BenchmarkRun } from "./benchmark";
import { measureInFreshProcess } from "./fresh-process";
import { type Measurement, medianOf } from "./measurement";
import { type MeasurementRequest, runMeasurement } from "./measurements/index";

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

/** In a process of its own, unless the figures mean nothing; with the SDK's mocks always, which stay for the life of a process. */
export function measure(request: MeasurementRequest, scale: BenchmarkRun["scale"]): Promise<Measurement> {
  const withMocks = request.what === "plain" && request.by === "mocks";
  return scale === "tiny" && !withMocks ? runMeasurement(request) : measureInFreshProcess(request);
}
