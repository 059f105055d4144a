import type { OperationLog } from "../../deployment/display/operation-log";
import { currentType } from "../../lib/type-token";
import { type PlannedChange, plannedChanges } from "../guard/planned-change";
import type { PriceTable } from "./price-table";
import { type CostedResource, monthlySum, type StackCost, stackCost } from "./stack-cost";

/** What a stack costs in a month before and after a plan. */
export interface CostComparison {
  readonly before: StackCost;
  readonly after: StackCost;
  readonly currency: string;
  readonly region: string;
  /** When the prices were written down, `YYYY-MM-DD`, and where they come from. */
  readonly recorded: string;
  readonly source: string;
}

export function compareCosts(log: OperationLog, table: PriceTable): CostComparison {
  const changes = plannedChanges(log);
  const { currency, region, recorded, source } = table;
  return {
    before: stackCost(changes.flatMap(resourceBefore), table),
    after: stackCost(changes.flatMap(resourceAfter), table),
    currency,
    region,
    recorded,
    source,
  };
}

function resourceBefore({ urn, type, what, old, new: next }: PlannedChange): CostedResource[] {
  // What is imported was paid for before.
  if (what === "import") return [{ urn, type, inputs: next?.inputs }];
  return old === undefined || old === null ? [] : [{ urn, type, inputs: old.inputs }];
}

function resourceAfter(change: PlannedChange): CostedResource[] {
  const { urn, type, what, old, new: next, retained } = change;
  // Let go of is not gone: it is still paid for.
  if (what === "delete" || what === "forget") return retained ? [{ urn, type, inputs: old?.inputs }] : [];
  return next === undefined || next === null
    ? []
    : [{ urn, type, inputs: fillUnknownInputs(next.inputs, old?.inputs) }];
}

/** What a preview does not know yet stays, for the estimate, as it was. */
function fillUnknownInputs(after: unknown, before: unknown): unknown {
  if (after === unknownValue) return before ?? after;
  if (typeof after !== "object" || after === null || Array.isArray(after)) return after;
  const old: ReadonlyMap<string, unknown> = new Map(
    typeof before === "object" && before !== null ? Object.entries(before) : [],
  );
  return Object.fromEntries(Object.entries(after).map(([key, value]) => [key, fillUnknownInputs(value, old.get(key))]));
}

const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

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
