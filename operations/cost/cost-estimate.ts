import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const range = z.strictObject({ from: z.number().nonnegative(), to: z.number().nonnegative() });

const estimateSchema = z.strictObject({
  estimate: z.strictObject({ total: range, target: range, services: z.record(z.string(), range) }),
  scope: z.array(
    z.strictObject({ type: z.string(), count: z.int().positive(), inputs: z.record(z.string(), z.unknown()) }),
  ),
  reasons: z.record(z.string(), z.string().min(1)),
});

/** What was expected to be paid, for what, and why it is otherwise. */
export type CostEstimate = z.infer<typeof estimateSchema>;
export type AmountRange = z.infer<typeof range>;

const estimateFile = join(__dirname, "estimate.yaml");

/** @throws when the file is not as expected, with everything that is wrong */
export function readCostEstimate(file: string = estimateFile): CostEstimate {
  const parsed = estimateSchema.safeParse(parse(readFileSync(file, "utf8")));
  if (!parsed.success) throw new Error(`the estimate cannot be used, ${file}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
