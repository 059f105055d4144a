import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

/**
 * Where a published description and this project disagree, and why it stays so: `sent` by a component although the description has it
 * otherwise, `accepted` by the emulated service although it refuses it, `refused` although it allows it.
 */
const disagreement = z.strictObject({
  what: z.enum(["sent", "accepted", "refused"]),
  types: z.array(z.string()).min(1),
  path: z.string(),
  /** Default: whatever there is at the path. */
  values: z.array(z.union([z.string(), z.number()])).optional(),
  reason: z.string().min(20),
});

export type Disagreement = Omit<z.infer<typeof disagreement>, "reason" | "types"> & { readonly type: string };

/** The explained ones, in lines that can be compared. */
export function explainedDisagreements(cloud: "azure" | "github"): readonly string[] {
  const file = join(__dirname, "disagreements.yaml");
  const table = z.record(z.string(), z.array(disagreement)).parse(parse(readFileSync(file, "utf8")));
  return (table[cloud] ?? []).flatMap(({ types, what, path, values }) =>
    types.flatMap((type) =>
      (values ?? [undefined]).map((value) =>
        lineOf({ what, type, path, ...(value === undefined ? {} : { values: [value] }) }),
      ),
    ),
  );
}

export function lineOf({ what, type, path, values }: Disagreement): string {
  return `${type} ${path} ${what}${values === undefined ? "" : `: ${values.join(", ")}`}`;
}
