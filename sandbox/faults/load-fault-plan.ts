import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { type FaultPlan, faultPlanSchema } from "./fault-plan";

/** Names the file with the faults of a run, YAML or JSON; unset, nothing goes wrong on purpose. */
export const faultsVariable = "SANDBOX_FAULTS";

/** The faults asked for, or undefined. Throws when the file is not a fault plan, naming every problem. */
export function requestedFaults(environment: Readonly<Record<string, string | undefined>>): FaultPlan | undefined {
  const path = environment[faultsVariable];
  if (path === undefined || path === "") return undefined;
  const result = faultPlanSchema.safeParse(parse(readFileSync(path, "utf8")));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`${path} (${faultsVariable}) is not a fault plan:\n${problems.join("\n")}`);
}
