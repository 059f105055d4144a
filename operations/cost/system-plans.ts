import { join } from "node:path";
import { z } from "zod";
import type { Problem } from "../../lib/located-yaml/problem";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { addProblems } from "../../lib/located-yaml/schema-problems";

const amount = z.number().nonnegative();
const text = z.string().min(1);

const planSchema = z
  .strictObject({
    title: text,
    /** What the plan says, and of what; what the difference comes from. */
    about: text,
    /** What the page has a column for, by name: a stack as it is, or with another preset of its system. */
    sizes: z.record(
      z.string(),
      z.strictObject({ stack: text, preset: text.exactOptional(), plan: amount.exactOptional() }),
    ),
    /** What the plan pays for, with what stands for it here, or why nothing does. */
    lines: z
      .array(
        z.strictObject({
          line: text,
          amounts: z.record(z.string(), amount),
          service: text.exactOptional(),
          elsewhere: text.exactOptional(),
        }),
      )
      .default([]),
    /** Why a service costs what it does, by service. */
    reasons: z.record(z.string(), text),
    /** The plan's advice on saving, and what it would save of the prices whose names begin so. */
    savings: z
      .array(
        z.strictObject({
          advice: text,
          here: text,
          size: text,
          saves: z.union([
            z.strictObject({ share: z.number().min(0).max(1), of: text }),
            z.strictObject({ usd: amount }),
          ]),
        }),
      )
      .default([]),
  })
  .superRefine((plan, refinement) => addProblems(refinement, planProblems(plan)));

const plansSchema = z.strictObject({ systems: z.record(z.string(), planSchema) });

/** What a system was expected to cost, in USD a month, and why it costs something else. */
export type SystemPlan = z.infer<typeof planSchema>;

const plansFile = join(__dirname, "plans.yaml");

/** By system. @throws {LocatedError} when the file is not as expected, with everything that is wrong */
export function readSystemPlans(file: string = plansFile): Readonly<Record<string, SystemPlan>> {
  return readYaml({ file, schema: plansSchema, of: "the plans of costs" }).systems;
}

function planProblems({ sizes, lines, savings }: SystemPlan): readonly Problem[] {
  const unknownSize = (size: string, path: Problem["path"]): Problem[] =>
    size in sizes ? [] : [{ path, message: `"${size}" is none of the sizes: ${Object.keys(sizes).join(", ")}` }];
  return [
    ...lines.flatMap(({ amounts, service, elsewhere }, index) => [
      ...Object.keys(amounts).flatMap((size) => unknownSize(size, ["lines", index, "amounts", size])),
      ...((service === undefined) === (elsewhere === undefined)
        ? [{ path: ["lines", index], message: "expected a service, or why it is elsewhere, and not both" }]
        : []),
    ]),
    ...savings.flatMap(({ size }, index) => unknownSize(size, ["savings", index, "size"])),
    ...Object.entries(sizes).flatMap(([size, { plan }]) => {
      const sum = lines.reduce((total, { amounts }) => total + (amounts[size] ?? 0), 0);
      if (lines.length === 0 || sum === (plan ?? 0)) return [];
      return [{ path: ["sizes", size, "plan"], message: `is ${plan ?? 0}, and the lines of ${size} sum up to ${sum}` }];
    }),
  ];
}
