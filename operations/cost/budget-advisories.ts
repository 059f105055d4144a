import type { OperationLog } from "../../deployment/display/operation-log";
import { currentType } from "../../lib/type-token";
import { plannedChanges } from "../guard/planned-change";
import type { CostComparison } from "./compare-costs";
import { monthlySum } from "./stack-cost";

/** A budget that is below what its own stack is expected to cost: it warns every month although nothing went wrong. */
export interface BudgetAdvisory {
  /** The budget. */
  readonly urn: string;
  readonly message: string;
}

/**
 * The budgets of a planned stack that are below its monthly estimate. Resources whose price is unknown are in no estimate, so a stack
 * with such resources can be dearer than this says, never cheaper.
 */
export function findLowBudgets(log: OperationLog, { after, currency }: CostComparison): readonly BudgetAdvisory[] {
  const estimate = monthlySum(after);
  return plannedChanges(log).flatMap(({ urn, type, what, new: next }) => {
    const amount: unknown = next?.inputs.amount;
    if (currentType(type) !== "azure-native:consumption:Budget" || what === "delete" || what === "forget") return [];
    if (typeof amount !== "number" || amount >= estimate) return [];
    const missing = after.unknown.length === 0 ? "" : `, without ${count(after.unknown.length)} of unknown price`;
    return [
      {
        urn,
        message: `the budget is ${amount.toFixed(2)} ${currency} a month, this stack is estimated at ${estimate.toFixed(2)}${missing}: raise the budget, or make the stack smaller`,
      },
    ];
  });
}

function count(resources: number): string {
  return resources === 1 ? "1 resource" : `${resources} resources`;
}
