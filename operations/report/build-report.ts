import type { OperationLog } from "../../deployment/display/operation-log";
import { compareCosts } from "../cost/compare-costs";
import { readPriceTable } from "../cost/price-table";
import { stackGuards } from "../guard/guard-limits";
import type { GuardOverride } from "../guard/override";
import { runGuards } from "../guard/run-guards";
import { type StackReport, stackReport } from "./report";
import { type ProgramSources, resourceLocator } from "./source-location";

export interface BuildRequest {
  readonly stack: string;
  readonly engine: string;
  readonly overrides: readonly GuardOverride[];
  readonly sources: ProgramSources;
}

/** A report of a preview, with guards, cost and places. */
export function buildReport(log: OperationLog, { stack, engine, overrides, sources }: BuildRequest): StackReport {
  return stackReport(log, {
    stack,
    engine,
    guards: runGuards(log, stackGuards(stack), overrides),
    cost: compareCosts(log, readPriceTable()),
    locate: resourceLocator(log, sources),
  });
}
