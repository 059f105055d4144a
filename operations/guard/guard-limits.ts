import { join } from "node:path";
import { z } from "zod";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { matchesWhole } from "../../policies/stack-parameters";
import { guardNames } from "./guard-finding";

const blastLimitSchema = z.strictObject({
  count: z.int().nonnegative(),
  share: z.number().min(0).max(1),
  few: z.int().nonnegative(),
});

const guardLimitsSchema = z.strictObject({
  changed: blastLimitSchema,
  deleted: blastLimitSchema,
  replaced: blastLimitSchema,
});

const limitsFileSchema = z.strictObject({
  environments: z
    .array(
      z.strictObject({
        stacks: z
          .array(z.string().regex(/^[A-Za-z0-9._*-]+$/, "expected a stack's name, in which * stands for one name"))
          .min(1),
        /** The guards that watch these stacks. @default all */
        guards: z.array(z.enum(guardNames)).exactOptional(),
        limits: guardLimitsSchema,
      }),
    )
    .min(1),
});

export type BlastLimit = z.infer<typeof blastLimitSchema>;
export type GuardLimits = z.infer<typeof guardLimitsSchema>;

/** Which guards watch a stack, and how much it may change at once. */
export interface StackGuards {
  readonly guards: readonly (typeof guardNames)[number][];
  readonly limits: GuardLimits;
}

const limitsFile = join(__dirname, "limits.yaml");

/**
 * What `limits.yaml` says of a stack.
 *
 * @throws when the file is not as expected, or has no entry for the stack: a plan that nobody watches is refused
 */
export function stackGuards(stack: string, file: string = limitsFile): StackGuards {
  const { environments } = readYaml({ file, schema: limitsFileSchema, of: "the limits of the plan guards" });
  const found = environments.find(({ stacks }) => stacks.some((pattern) => matchesWhole(stack, pattern)));
  if (found === undefined) throw new Error(`the plan guards have no limits for stack "${stack}"; add it to ${file}`);
  return { guards: found.guards ?? guardNames, limits: found.limits };
}
