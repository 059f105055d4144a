import type { KnownValue, Reading } from "./property-reading";

/** Whether something holds, as far as it is known. */
export type Decision =
  | { readonly decision: "yes" }
  | { readonly decision: "no" }
  | { readonly decision: "unknown"; readonly path: string };

/** All of it: one known no decides. */
export function everyDecision(decisions: readonly Decision[]): Decision {
  const no = decisions.find(({ decision }) => decision === "no");
  return no ?? decisions.find(({ decision }) => decision === "unknown") ?? { decision: "yes" };
}

/** Whether a test holds for any of some properties: one known yes decides; properties that are not set do not count. */
export function anyReading(readings: readonly Reading[], test: (value: KnownValue) => boolean): Decision {
  if (readings.some((reading) => reading.state === "known" && test(reading.value))) return { decision: "yes" };
  const unknown = readings.find((reading) => reading.state === "unknown");
  return unknown === undefined ? { decision: "no" } : { decision: "unknown", path: unknown.path };
}
