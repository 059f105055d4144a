import { isDefaultProvider } from "../../deployment/display/change-counts";
import type { Diagnostic } from "../../deployment/display/operation-diagnostics";
import type { OperationLog, ResourceRow } from "../../deployment/display/operation-log";
import { operationWords } from "../../deployment/display/operation-words";
import { optionChangeText } from "../../deployment/display/option-changes";
import { resourcePropertyLines } from "../../deployment/display/resource-properties";
import { rowOperation, rowOptionChanges } from "../../deployment/display/resource-tree";
import { plainPaint } from "../../deployment/display/terminal";
import { shortType } from "../../deployment/display/urn-text";
import { type BudgetAdvisory, type CostComparison, compareCosts, findLowBudgets } from "../cost/compare-costs";
import { readPriceTable } from "../cost/price-table";
import { stackGuards } from "../guard/guard-limits";
import type { GuardOverride } from "../guard/override";
import { type GuardReport, runGuards } from "../guard/run-guards";
import { departuresOf } from "./inventory-lines";
import { type LocateResource, type ProgramSources, resourceLocator, type SourceLocation } from "./source-location";

/** Everything that is said of one stack's preview. Comment, SARIF, JSON and step summary are written from this alone. */
export interface StackReport {
  readonly stack: string;
  readonly engine: string;
  /** Whether the preview came to its end. What it says of the plan is not all when it did not. */
  readonly complete: boolean;
  /** Counts by operation: `{ create: 3, same: 12 }`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly guards: GuardReport;
  readonly violations: readonly ReportedViolation[];
  /** What the program and the engine complained of. */
  readonly errors: readonly Diagnostic[];
  readonly components: readonly ComponentChanges[];
  readonly cost: CostComparison;
  readonly lowBudgets: readonly BudgetAdvisory[];
  /** Where a resource is written down. */
  readonly locate: LocateResource;
}

export interface ReportedViolation {
  readonly policy: string;
  readonly mandatory: boolean;
  readonly urn: string | undefined;
  /** What compliant means: the first line of what the policy says. */
  readonly description: string;
  /** What is wrong and how to put it right. */
  readonly detail: string;
  readonly location: SourceLocation | undefined;
}

/** The changes in one component: the outermost below the stack. */
export interface ComponentChanges {
  /** `StaticSite drop.no`; `no component` for what is directly below the stack. */
  readonly name: string;
  readonly location: SourceLocation | undefined;
  readonly changes: readonly ReportedChange[];
}

export interface ReportedChange {
  readonly urn: string;
  /** Two characters, as the Pulumi CLI prints them: `+ `, `+-`. */
  readonly symbol: string;
  /** `create`, `replace`. */
  readonly what: string;
  readonly type: string;
  readonly name: string;
  readonly notes: readonly string[];
  /** The properties that differ, one a line, secrets masked. */
  readonly properties: readonly string[];
}

export interface ReportRequest {
  readonly stack: string;
  readonly engine: string;
  readonly guards: GuardReport;
  readonly cost: CostComparison;
  readonly locate: LocateResource;
}

/** What becomes of a resource of which nothing but `protect` or `retainOnDelete` changes. */
export const inOptionsOnly = "change in options only";

/** Gathers a report from what a preview's events said. */
function gatherReport(log: OperationLog, request: ReportRequest): StackReport {
  return {
    ...request,
    complete: log.summary?.succeeded !== false && log.diagnostics.errors.length === 0,
    counts: log.counts.toRecord(),
    violations: [...log.policies.violations].sort(byUrn).map(({ policy, mandatory, urn, message }) => {
      const [description = "", ...detail] = message.split("\n");
      const location = urn === undefined ? undefined : request.locate(urn);
      return { policy, mandatory, urn, description, detail: detail.join("\n").trim(), location };
    }),
    errors: log.diagnostics.errors,
    lowBudgets: findLowBudgets(log, request.cost),
    components: componentChanges(log, request.locate),
  };
}

/** In which order an engine comes to resources that do not need one another is chance: two reports of one plan are the same. */
function byUrn(
  { urn: left = "" }: { readonly urn?: string | undefined },
  { urn: right = "" }: { readonly urn?: string | undefined },
): number {
  return left < right ? -1 : Number(left > right);
}

function componentChanges(log: OperationLog, locate: LocateResource): readonly ComponentChanges[] {
  const groups = new Map<string, { readonly row: ResourceRow | undefined; readonly changes: ReportedChange[] }>();
  for (const row of [...log.rows.values()].sort(byUrn)) {
    const change = describeChange(row);
    if (change === undefined) continue;
    const component = outermostComponent(row, log);
    const key = component?.urn ?? "";
    const group = groups.get(key) ?? { row: component, changes: [] };
    groups.set(key, group);
    group.changes.push(change);
  }
  return [...groups.values()].map(({ row, changes }) => ({
    name: row === undefined ? "no component" : `${shortType(row.type).split(":").at(-1)} ${row.name}`,
    location: row === undefined ? undefined : locate(row.urn),
    changes,
  }));
}

/** What a row says to a reader; components themselves and what stays the same say nothing. */
function describeChange(row: ResourceRow): ReportedChange | undefined {
  const operation = rowOperation(row);
  const step = row.steps.get(operation);
  const options = rowOptionChanges(row);
  const isSame = operation === "same" && options.length === 0;
  if (step === undefined || isSame || operation === "read" || isDefaultProvider(row.urn)) return undefined;
  if ((step.new ?? step.old)?.custom !== true) return undefined;
  const words = operationWords[operation];
  const corrected = operation === "import" ? row.steps.get("update") : undefined;
  return {
    urn: row.urn,
    symbol: operation === "same" ? "~ " : words.symbol,
    what: operation === "same" ? inOptionsOnly : corrected === undefined ? words.plan : "import and update",
    type: shortType(row.type),
    name: row.name,
    notes: [
      ...options.map(optionChangeText),
      ...(row.protected ? ["protected"] : []),
      ...(row.retained && operation === "delete" ? ["kept in the cloud"] : []),
    ],
    properties: [step, ...(corrected === undefined ? [] : [corrected])].flatMap((each) =>
      resourcePropertyLines(each, row.refreshed, plainPaint),
    ),
  };
}

function outermostComponent(row: ResourceRow, log: OperationLog): ResourceRow | undefined {
  let found: ResourceRow | undefined;
  for (let next = log.rows.get(row.parent ?? ""); next !== undefined; next = log.rows.get(next.parent ?? "")) {
    if (next.type !== "pulumi:pulumi:Stack") found = next;
  }
  return found;
}

/** Whether the plan must not be applied, by the policies or by the guards. */
export function isRefused({ violations, guards }: StackReport): boolean {
  return guards.blocking.length > 0 || violations.some(({ mandatory }) => mandatory);
}

interface BuildRequest {
  readonly stack: string;
  readonly engine: string;
  readonly overrides: readonly GuardOverride[];
  readonly sources: ProgramSources;
}

/** A report of a preview, with guards, cost and places. */
export function buildReport(log: OperationLog, { stack, engine, overrides, sources }: BuildRequest): StackReport {
  return gatherReport(log, {
    stack,
    engine,
    guards: runGuards(log, stackGuards(stack), overrides, () => departuresOf(sources.root, stack)),
    cost: compareCosts(log, readPriceTable()),
    locate: resourceLocator(log, sources),
  });
}
