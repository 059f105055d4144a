import type { OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import { isDefaultProvider } from "./change-counts";
import type { OperationLog, ResourceRow } from "./operation-log";
import { operationWords } from "./operation-words";
import { type OptionChange, optionChanges, optionChangeText } from "./option-changes";
import { changedKeys, resourcePropertyLines } from "./resource-properties";
import { type Paint, type Terminal, visibleLength } from "./terminal";
import { treeType } from "./urn-text";

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
/** Symbol and the spaces around it. */
const symbolWidth = 4;
/** What the widest column of most rows says: `replace`. */
const statusWidth = 8;
/** As many neighbours of one type and one operation are one line where the tree is folded. */
const leastFolded = 3;

interface TreeLine {
  readonly row: ResourceRow;
  readonly branch: string;
  readonly below: string;
  /** How many neighbours of the same kind the line stands for, itself included. */
  readonly count: number;
}

export interface TreeOptions {
  /** The properties that change under each resource. */
  readonly diff: boolean;
  /** Whether neighbours of one type that are all created are one line. Default: every resource has its own. */
  readonly folded?: boolean;
}

interface Layout {
  readonly typeWidth: number;
  readonly nameWidth: number;
  /** Characters a row may have; where nobody watches, one row is one line, however long. */
  readonly rowWidth: number;
}

/** The tree of changed resources and the components they are in, as the Pulumi CLI draws it. Empty when nothing changes. */
export function resourceTreeLines(
  log: OperationLog,
  { diff, folded = false }: TreeOptions,
  { paint, columns, interactive }: Omit<Terminal, "write">,
): string[] {
  const lines = treeLines(log, folded);
  if (lines.length === 0) return [];
  const layout = treeLayout(lines, columns, interactive);
  const { typeWidth, nameWidth } = layout;
  const heading = `${" ".repeat(symbolWidth)}${"Type".padEnd(typeWidth)}  ${"Name".padEnd(nameWidth)}  ${log.isPreview ? "Plan" : "Status"}`;
  return [
    paint("bold", heading),
    ...lines.flatMap((line) => [...rowLines(line, log, layout, paint), ...(diff ? propertyLinesOf(line, paint) : [])]),
  ];
}

/** Types get three fifths of the room, names the rest. */
function treeLayout(lines: readonly TreeLine[], columns: number, interactive: boolean): Layout {
  const room = Math.max(40, columns - symbolWidth - statusWidth - 4);
  const typeWidth = Math.min(Math.floor(room * 0.6), Math.max(4, ...lines.map((line) => typeText(line).length)));
  const widest = Math.max(4, ...lines.map((line) => nameText(line).length));
  return {
    typeWidth,
    nameWidth: Math.min(widestName, room - typeWidth, widest),
    rowWidth: interactive ? columns : Number.POSITIVE_INFINITY,
  };
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

function treeLines(log: OperationLog, folded: boolean): TreeLine[] {
  const shown = shownRows(log);
  const children = new Map<string | undefined, ResourceRow[]>();
  for (const row of shown) {
    const parent = row.parent !== undefined && log.rows.has(row.parent) ? row.parent : undefined;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [row]);
    else siblings.push(row);
  }
  return (children.get(undefined) ?? []).flatMap((root) => branchLines([root], "", "", { children, folded }));
}

/** Rows worth a line, and all their ancestors, in the order in which they were met. */
function shownRows(log: OperationLog): ResourceRow[] {
  const shown = new Set<string>();
  const worthALine = new Set([...log.diagnostics.errors, ...log.policies.mandatory].map((about) => about.urn));
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

interface Branches {
  readonly children: ReadonlyMap<string | undefined, readonly ResourceRow[]>;
  readonly folded: boolean;
}

/** The line of one row, or of neighbours that are shown as one, and the lines of what is in it. */
function branchLines(rows: readonly ResourceRow[], branch: string, below: string, branches: Branches): TreeLine[] {
  const [row] = rows;
  if (row === undefined) return [];
  const own = neighbours(branches.children.get(row.urn) ?? [], branches);
  return [
    { row, branch, below: own.length > 0 ? `${below}│  ` : `${below}   `, count: rows.length },
    ...own.flatMap((child, index) => {
      const last = index === own.length - 1;
      return branchLines(child, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`, branches);
    }),
  ];
}

/** Rows in the order they have, those of one kind together where the tree is folded and there are enough of them. */
function neighbours(rows: readonly ResourceRow[], { children, folded }: Branches): readonly (readonly ResourceRow[])[] {
  if (!folded) return rows.map((row) => [row]);
  const groups: ResourceRow[][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    const [first] = group ?? [];
    if (group !== undefined && first !== undefined && isSameKind(first, row, children)) group.push(row);
    else groups.push([row]);
  }
  return groups.flatMap((group) => (group.length < leastFolded ? group.map((row) => [row]) : [group]));
}

function isSameKind(one: ResourceRow, other: ResourceRow, children: Branches["children"]): boolean {
  const isPlain = (row: ResourceRow) => rowOperation(row) === "create" && !row.failed && !children.has(row.urn);
  return one.type === other.type && one.protected === other.protected && isPlain(one) && isPlain(other);
}

function typeText({ branch, row, count }: TreeLine): string {
  const type = treeType(row.type, row.isComponent);
  return `${branch}${count === 1 ? type : `${count} × ${type}`}`;
}

function nameText({ row, count }: TreeLine): string {
  return count === 1 ? row.name : `${row.name}, …`;
}

/** One line, or two where the name has no room beside its type. */
function rowLines(line: TreeLine, log: OperationLog, layout: Layout, paint: Paint): string[] {
  const words = operationWords[rowOperation(line.row)];
  const symbol = ` ${paint(words.role, words.symbol)} `;
  const status = line.row.failed ? paint("danger", "failed") : paint(words.role, statusText(line.row, log.isPreview));
  const info = infoText(line.row, log, paint);
  const padded = (text: string) => `${text}${" ".repeat(Math.max(0, statusWidth - visibleLength(text)))}`;
  const end = (text: string) => (info === "" ? status : `${text}  ${info}`);
  const row = (name: string, rest: string) =>
    `${symbol}${typeText(line).padEnd(layout.typeWidth)}  ${name}  ${rest}`.trimEnd();
  // A type that is too long takes the room of its own row's name, so that the rest stands where it does in other rows.
  const overflow = Math.max(0, typeText(line).length - layout.typeWidth);
  const fitting = [
    row(nameText(line).padEnd(layout.nameWidth - overflow), end(padded(status))),
    row(nameText(line), end(status)),
    row(nameBelowParent(line, log), end(status)),
  ].find((text) => visibleLength(text) <= layout.rowWidth);
  if (fitting !== undefined) return [fitting];
  const indent = " ".repeat(symbolWidth);
  return [`${symbol}${typeText(line)}`, `${indent}${line.below}  ${nameText(line)}  ${end(status)}`.trimEnd()];
}

/** The end of a name that begins with its parent's, which stands above it. */
function nameBelowParent(line: TreeLine, log: OperationLog): string {
  const parent = log.rows.get(line.row.parent ?? "")?.name;
  const name = nameText(line);
  return parent !== undefined && name.startsWith(`${parent}-`) ? `…${name.slice(parent.length)}` : name;
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
    ...(violations > 0 ? [paint("danger", countText(violations, "policy violation"))] : []),
    ...(errors > 0 ? [paint("danger", countText(errors, "error"))] : []),
  ]
    .filter((part) => part !== "")
    .join("; ");
}

function countText(count: number, what: string): string {
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
    .map((text) => `${" ".repeat(symbolWidth)}${line.below}  ${text}`);
}
