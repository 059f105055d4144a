import { z } from "zod";
import { readYaml } from "../../lib/located-yaml/read-yaml";

/** The calls to a service that a fault can hit. */
export const faultyOperations = ["create", "read", "update", "delete", "invoke"] as const;
export type FaultyOperation = (typeof faultyOperations)[number];

const target = {
  /** The resource type or invoke token, without a version; `*` is any. */
  type: z.string().min(1),
  operation: z.enum(faultyOperations),
  /** The logical name of the one resource it is about. Default: any. */
  name: z.string().min(1).optional(),
  /** Which of the matching calls, from 1, counted in this process. Default 1. */
  nth: z.int().min(1).default(1),
};

/** Whether the service did what it was asked before things went wrong. */
const when = z.enum(["before", "after"]).default("before");

/**
 * What goes wrong, and when: for tests and for showing what an interruption does.
 *
 * @example
 * ```yaml
 * faults:
 *   - { effect: fail, type: azure-native:storage:StorageAccount, operation: create, when: after }
 *   - { effect: throttle, type: "*", operation: create, nth: 3, times: 2 }
 *   - { effect: kill, type: cloudflare:index/dnsRecord:DnsRecord, operation: create, name: www, when: before }
 * ```
 */
export const faultPlanSchema = z.strictObject({
  faults: z.array(
    z.discriminatedUnion("effect", [
      /** The call answers with an error. */
      z.strictObject({ effect: z.literal("fail"), ...target, when }),
      /** The service answers 429 to this call and to the first `times - 1` tries again. */
      z.strictObject({ effect: z.literal("throttle"), ...target, times: z.int().min(1).default(1) }),
      /** This process is killed, as by `kill -9`. */
      z.strictObject({ effect: z.literal("kill"), ...target, when }),
    ]),
  ),
});

export type FaultPlan = z.infer<typeof faultPlanSchema>;
export type Fault = FaultPlan["faults"][number];

/** Names the file with the faults of a run, YAML or JSON; unset, nothing goes wrong on purpose. */
const faultsVariable = "SANDBOX_FAULTS";

/** The faults asked for, or undefined. Throws an `LocatedError` with every problem when the file is no fault plan. */
export function requestedFaults(environment: Readonly<Record<string, string | undefined>>): FaultPlan | undefined {
  const path = environment[faultsVariable];
  if (path === undefined || path === "") return undefined;
  return readYaml({ file: path, schema: faultPlanSchema, of: `the fault plan that ${faultsVariable} names` });
}
