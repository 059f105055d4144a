import type { OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import { isDefaultProvider } from "./change-counts";
import type { OperationLog, ResourceRow } from "./operation-log";
import { operationWords } from "./operation-symbol";
import { type OptionChange, optionChanges, optionChangeText } from "./option-changes";
import { changedKeys, resourcePropertyLines } from "./resource-properties";
import { type Paint, visibleLength } from "./terminal";
import { shortType } from "./urn-text";

/** A row's operation is the first of these that it has: a replacement is one row, not its two halves. */
const precedence: readonly OpType[] = [
  "replace",
  "create-replacement",
  "delete-replaced",
  "import-replacement",
  "import",
  "create",
  "update",
  "delete",
  "read-replacement",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
  "read",
];

/** Longer names push their own row's columns out, not everybody's. */
const widestName = 40;

interface TreeLine {
  readonly row: ResourceRow;
  readonly branch: string;
  readonly below: string;
}

/** The tree of changed resources and the components they are in, as the Pulumi CLI draws it. Empty when nothing changes. */
export function resourceTreeLines(log: OperationLog, diff: boolean, paint: Paint): string[] {
  const lines = treeLines(log);
  if (lines.length === 0) return [];
  const typeWidth = Math.max(4, ...lines.map((line) => line.branch.length + shortType(line.row.type).length));
  const nameWidth = Math.min(widestName, Math.max(4, ...lines.map((line) => line.row.name.length)));
  const heading = `     ${"Type".padEnd(typeWidth)}  ${"Name".padEnd(nameWidth)}  ${log.isPreview ? "Plan" : "Status"}`;
  return [
    paint("bold", heading),
    ...lines.flatMap((line) => [
      rowLine(line, log, typeWidth, nameWidth, paint),
      ...(diff ? propertyLinesOf(line, paint) : []),
    ]),
  ];
}

/** The operation that a row is about, or `same`. */
export function rowOperation(row: ResourceRow): OpType {
  return precedence.find((operation) => row.steps.has(operation)) ?? "same";
}

/** Options that the row's step changes, be it among others or nothing else. */
export function rowOptionChanges(row: ResourceRow): readonly OptionChange[] {
  const step = row.steps.get(rowOperation(row));
  return step === undefined ? [] : optionChanges(step);
}

function treeLines(log: OperationLog): TreeLine[] {
  const shown = shownRows(log);
  const children = new Map<string | undefined, ResourceRow[]>();
  for (const row of shown) {
    const parent = row.parent !== undefined && log.rows.has(row.parent) ? row.parent : undefined;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [row]);
    else siblings.push(row);
  }
  return (children.get(undefined) ?? []).flatMap((root) => branchLines(root, "", "", children));
}

/** Rows worth a line, and all their ancestors, in the order in which they were met. */
function shownRows(log: OperationLog): ResourceRow[] {
  const shown = new Set<string>();
  const worthALine = new Set([...log.diagnostics.errors, ...log.policies.violations].map((about) => about.urn));
  for (const row of log.rows.values()) {
    if (isDefaultProvider(row.urn)) continue;
    const isSame = rowOperation(row) === "same" && rowOptionChanges(row).length === 0;
    if (isSame && !row.failed && !worthALine.has(row.urn)) continue;
    for (
      let next: ResourceRow | undefined = row;
      next && !shown.has(next.urn);
      next = log.rows.get(next.parent ?? "")
    ) {
      shown.add(next.urn);
    }
  }
  return [...log.rows.values()].filter((row) => shown.has(row.urn));
}

function branchLines(
  row: ResourceRow,
  branch: string,
  below: string,
  children: ReadonlyMap<string | undefined, readonly ResourceRow[]>,
): TreeLine[] {
  const own = children.get(row.urn) ?? [];
  return [
    { row, branch, below: own.length > 0 ? `${below}│  ` : `${below}   ` },
    ...own.flatMap((child, index) => {
      const last = index === own.length - 1;
      return branchLines(child, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`, children);
    }),
  ];
}

function rowLine(line: TreeLine, log: OperationLog, typeWidth: number, nameWidth: number, paint: Paint): string {
  const operation = rowOperation(line.row);
  const words = operationWords[operation];
  const type = `${line.branch}${shortType(line.row.type)}`.padEnd(typeWidth);
  const status = line.row.failed ? paint("danger", "failed") : paint(words.role, statusText(line.row, log.isPreview));
  const text = ` ${paint(words.role, words.symbol)}  ${type}  ${line.row.name.padEnd(nameWidth)}  ${status}`;
  const info = infoText(line.row, log, paint);
  return info === "" ? text.trimEnd() : `${text}${" ".repeat(Math.max(0, 8 - visibleLength(status)))}  ${info}`;
}

function statusText(row: ResourceRow, isPreview: boolean): string {
  const operations = precedence.filter((operation) => row.steps.has(operation));
  const shown = operations.includes("replace") ? operations.slice(0, 1) : operations;
  if (shown.length === 0 && rowOptionChanges(row).length > 0) return "options";
  return shown.map((operation) => operationWords[operation][isPreview ? "plan" : "past"]).join(", ");
}

function infoText(row: ResourceRow, log: OperationLog, paint: Paint): string {
  const operation = rowOperation(row);
  const step = row.steps.get(operation);
  const changes = step !== undefined && hasDifference(operation) ? changedKeys(step, row.refreshed) : "";
  const violations = log.policies.of(row.urn).filter((violation) => violation.mandatory).length;
  const errors = log.diagnostics.of(row.urn).filter((diagnostic) => diagnostic.severity === "error").length;
  return [
    changes,
    ...rowOptionChanges(row).map((change) => paint(change.before ? "danger" : "update", optionChangeText(change))),
    ...(row.retained && operation === "delete" ? ["retained"] : []),
    ...(row.protected && operation !== "same" ? ["protected"] : []),
    ...(violations > 0 ? [paint("danger", counted(violations, "policy violation"))] : []),
    ...(errors > 0 ? [paint("danger", counted(errors, "error"))] : []),
  ]
    .filter((part) => part !== "")
    .join("; ");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function hasDifference(operation: OpType): boolean {
  return operation === "update" || operation === "replace" || operation === "create-replacement";
}

function propertyLinesOf(line: TreeLine, paint: Paint): string[] {
  const step: StepEventMetadata | undefined = line.row.steps.get(rowOperation(line.row));
  const steps = [step, line.row.steps.has("import") ? line.row.steps.get("update") : undefined];
  return steps
    .filter((each) => each !== undefined)
    .flatMap((each) => resourcePropertyLines(each, line.row.refreshed, paint))
    .map((text) => `     ${line.below}  ${text}`);
}
