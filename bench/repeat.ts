import { measureInFreshProcess } from "./fresh-process";
import { type Measurement, medianOf } from "./measurement";
import type { MeasurementRequest } from "./measurements/index";

/**
 * Measures each request `runs` times and returns the medians in their order. Rounds go over all requests, so that what else the
 * machine does meanwhile falls on all of them.
 */
export async function repeat(
  requests: readonly MeasurementRequest[],
  { runs, signal }: { readonly runs: number; readonly signal: AbortSignal },
): Promise<Measurement[]> {
  const measurements = requests.map((): Measurement[] => []);
  for (let round = 0; round < runs; round += 1) {
    for (const [index, request] of requests.entries()) {
      signal.throwIfAborted();
      measurements[index]?.push(await measureInFreshProcess(request));
    }
  }
  return measurements.map(medianOf);
}
