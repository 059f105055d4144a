import { monthlySum, type StackCost } from "../cost/stack-cost";
import { isRefused, type StackReport } from "./report";

/** A report for programs: everything but the properties. The version grows when a field changes its meaning. */
export function reportSummary(report: StackReport) {
  const { stack, engine, complete, counts, guards, violations, errors, components, cost, lowBudgets, locate } = report;
  return {
    version: 1,
    stack,
    engine,
    complete,
    refused: isRefused(report),
    counts,
    guards: {
      findings: guards.findings.map((finding) => ({ ...finding, blocks: guards.blocking.includes(finding) })),
      overridden: guards.overridden,
      needlessOverrides: guards.needless.map(({ guard }) => guard),
    },
    violations,
    errors: errors.map(({ urn, message }) => ({ ...(urn === undefined ? {} : { urn }), message })),
    components: components.map(({ name, location, changes }) => ({
      name,
      ...(location === undefined ? {} : { location }),
      changes: changes.map(({ urn, what, type, name: resource }) => ({ urn, what, type, name: resource })),
    })),
    cost: {
      currency: cost.currency,
      region: cost.region,
      pricesRecorded: cost.recorded,
      before: costOf(cost.before),
      after: costOf(cost.after),
      lowBudgets: lowBudgets.map(({ urn, message }) => ({ urn, message, location: locate(urn) })),
    },
    blastRadius: guards.radius,
  };
}

function costOf(cost: StackCost) {
  const cents = (amount: number) => Math.round(amount * 100) / 100;
  return {
    monthly: cents(monthlySum(cost)),
    services: Object.fromEntries([...cost.services].map(([service, amount]) => [service, cents(amount)])),
    unknown: cost.unknown,
  };
}
