import { readFileSync } from "node:fs";
import { z } from "zod";
import { parseJson } from "../../../../lib/json-value";

/**
 * What a person says about the servers, whatever they answer: `<root>/state/inference-override.json` (seed 000, 4.4).
 *
 * @example {"forge":{"healthy":false,"until":"2026-11-21T18:00:00Z"}}
 */
const overrideSchema = z.record(
  z.string(),
  z.looseObject({ healthy: z.boolean(), until: z.iso.datetime({ offset: true }).optional() }),
);

export type InferenceOverride = z.output<typeof overrideSchema>;

export type OverrideReading =
  | { readonly kind: "read"; readonly override: InferenceOverride }
  | { readonly kind: "invalid"; readonly why: string };

/**
 * Reads the override. No file: nothing is overridden. A file that cannot be understood overrides nothing, and says so.
 *
 * @param now what `until` is compared with
 */
export function readOverride(file: string, now: Date): OverrideReading {
  const text = overrideText(file);
  if (text === "") return { kind: "read", override: {} };
  const { success, data, error } = overrideSchema.safeParse(parseJson(text));
  if (!success) {
    const problems = error.issues.map(({ path, message }) => `${path.join(".") || "the document"}: ${message}`);
    return { kind: "invalid", why: `${file}: ${problems.join("; ")}` };
  }
  const current = Object.entries(data).filter(
    ([, { until }]) => until === undefined || Date.parse(until) > now.getTime(),
  );
  return { kind: "read", override: Object.fromEntries(current) };
}

/** The file's text, to notice that it changed. Empty when there is none. */
export function overrideText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
