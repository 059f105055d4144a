import { Budget as AzureBudget, type BudgetArgs as AzureBudgetArgs } from "@pulumi/azure-native/consumption";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type RefusalReason, refuse } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import { type Transform, transformed } from "../transform/transform";
import { budgetSchema } from "./schema";

export interface BudgetArgs {
  readonly context: StackContext;
  /** What is counted: the Azure id of a subscription or resource group. Replacement: a budget keeps its scope. */
  readonly scope: pulumi.Input<string>;
  /** Of a subscription, only the resource groups of these names. Default: all of it. @example ["latticeforge-prod"] */
  readonly groups?: readonly pulumi.Input<string>[] | undefined;
  /** What a month may cost, in the currency of the bill. @example 32 */
  readonly monthlyAmount: number;
  /** Who is told. At least one address or action group. */
  readonly contactEmails?: readonly pulumi.Input<string>[] | undefined;
  /** Action groups that are told, by Azure id. */
  readonly contactGroups?: readonly pulumi.Input<string>[] | undefined;
  /**
   * The month counting starts, `YYYY-MM`. Only looked at when the budget is made; Azure refuses one in the past then.
   * Default: the month in which the budget is made.
   */
  readonly startMonth?: string | undefined;
  readonly transform?: { readonly budget?: Transform<AzureBudgetArgs> };
}

/** A monthly budget that speaks up at 80 % spent and when 100 % is forecast. It stops nothing. */
export class Budget extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: BudgetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:budget:Budget", name, {}, opts);
    refuse(`Budget "${name}"`, budgetProblems(args), args);

    const budget = new AzureBudget(
      ...transformed<AzureBudgetArgs>(
        args.transform?.budget,
        name,
        {
          scope: args.scope,
          budgetName: physicalName(args.context, "budget", name),
          category: "Cost",
          amount: args.monthlyAmount,
          timeGrain: "Monthly",
          ...(args.groups === undefined
            ? {}
            : { filter: { dimensions: { name: "ResourceGroupName", operator: "In", values: [...args.groups] } } }),
          timePeriod: { startDate: `${args.startMonth ?? monthOf(new Date())}-01T00:00:00Z` },
          notifications: {
            "actual-80": notification("Actual", 80, args),
            "forecast-100": notification("Forecasted", 100, args),
          },
        },
        // The start counts when the budget is made, and cannot change without making it again. Azure fills in an end.
        { parent: this, ignoreChanges: ["timePeriod"] },
      ),
    );
    this.id = budget.id;
    this.registerOutputs({ id: this.id });
  }
}

/** @example monthOf(new Date("2026-11-21T00:00:00Z")) // "2026-11" */
function monthOf(date: Date): string {
  return date.toISOString().slice(0, 7);
}

function notification(thresholdType: "Actual" | "Forecasted", threshold: number, args: BudgetArgs) {
  return {
    enabled: true,
    operator: "GreaterThanOrEqualTo",
    threshold,
    thresholdType,
    contactEmails: [...(args.contactEmails ?? [])],
    contactGroups: [...(args.contactGroups ?? [])],
  };
}

function budgetProblems(args: BudgetArgs): readonly RefusalReason[] {
  const problems: RefusalReason[] = [...argumentProblems(budgetSchema, args)];
  if ((args.contactEmails ?? []).length + (args.contactGroups ?? []).length === 0) {
    problems.push("nobody would be told; give contactEmails or contactGroups");
  }
  if (args.startMonth !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(args.startMonth)) {
    problems.push(`startMonth is "${args.startMonth}"; give a month such as "2026-11"`);
  }
  return problems;
}
