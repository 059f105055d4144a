import { isStateful } from "../../lib/resource-types";
import type { EngineEvent } from "../engine-event";
import { OperationLog, type ResourceRow } from "./operation-log";
import { Progress, seconds } from "./progress";
import { resourceTreeLines } from "./resource-tree";
import { stackOutputLines } from "./stack-outputs";
import { fitLines, type Paint, printable, type Terminal } from "./terminal";
import { treeType } from "./urn-text";

export interface DisplayOptions {
  /** Show the properties that change under each resource. */
  readonly diff: boolean;
  /** Types that the emulated clouds keep but have no rules for; named at the end. */
  readonly isModelled?: (type: string) => boolean;
  /**
   * A plan that is applied at once is shown as a folded tree, and as nothing when nothing changes; policies, outputs and counts come
   * once, with the update. Of that update only steps that take long are shown while it runs. Whatever stops either is shown in full.
   * Default: every operation is shown in full.
   */
  readonly brief?: boolean;
  /** Of an update: the plan that was shown before it. What that said of policies is not said again. */
  readonly plan?: OperationLog;
}

/** Shows one operation to a person: progress while it runs, and the result when it is over. Reads nothing but engine events. */
export class OperationDisplay {
  readonly log = new OperationLog();
  private readonly progress: Progress;
  private readonly startedAt = performance.now();

  constructor(
    private readonly terminal: Terminal,
    private readonly options: DisplayOptions,
  ) {
    this.progress = new Progress(terminal, { everyStep: options.brief !== true });
  }

  event(event: EngineEvent): void {
    this.log.record(event);
    this.progress.record(event);
  }

  /** Ends the progress display and writes the tree, policy results, diagnostics, outputs and counts. */
  finish(): void {
    this.progress.stop();
    if (this.log.isEmpty) return;
    const duration = seconds(performance.now() - this.startedAt);
    const lines = resultLines(this.log, this.options, this.terminal, duration);
    // A blank line between progress and result.
    if (!this.log.isPreview && this.log.counts.changes > 0) this.terminal.write("\n");
    this.terminal.write(lines.map((line) => `${line}\n`).join(""));
  }
}

/** Everything that is shown once an operation is over. */
export function resultLines(
  log: OperationLog,
  options: DisplayOptions,
  terminal: Omit<Terminal, "write">,
  duration: string,
): string[] {
  const brief = options.brief === true && wentWell(log);
  return fitLines(brief ? briefLines(log, options, terminal) : fullLines(log, options, terminal, duration), terminal);
}

function wentWell({ summary, policies, diagnostics }: OperationLog): boolean {
  return summary?.succeeded !== false && policies.mandatory.length === 0 && diagnostics.errors.length === 0;
}

function briefLines(log: OperationLog, { isModelled }: DisplayOptions, terminal: Omit<Terminal, "write">): string[] {
  const { paint } = terminal;
  const applied = log.isPreview && log.counts.changes > 0;
  return [
    ...block("", statefulChangeLines(log, paint)),
    ...(applied ? resourceTreeLines(log, { diff: false, folded: true }, terminal) : []),
    ...(applied ? [] : withTitle("Policies:", log.policies.lines(log.summary?.policyPacks ?? new Map(), paint))),
    ...block("Diagnostics:", trimEnd(log.diagnostics.lines(paint))),
    ...block("Messages:", log.messages),
    ...(applied ? [] : block(unmodelledTitle, unmodelledLines(log, isModelled))),
  ];
}

function fullLines(
  log: OperationLog,
  options: DisplayOptions,
  terminal: Omit<Terminal, "write">,
  duration: string,
): string[] {
  const { paint } = terminal;
  const refreshed = [...log.rows.values()].some((row) => row.refreshed);
  // What a refused program had got to is no plan: nothing of it will be.
  const isRefused = log.isPreview && log.diagnostics.refuseInput;
  const showsTree = !isRefused && (log.isPreview || options.diff || refreshed);
  const failed = [...log.rows.values()].filter((row) => row.failed).length;
  return [
    ...block("", statefulChangeLines(log, paint)),
    ...block("", showsTree ? resourceTreeLines(log, { diff: options.diff }, terminal) : []),
    ...block("Policies:", log.policies.lines(log.summary?.policyPacks ?? new Map(), paint, options.plan?.policies)),
    ...block("Diagnostics:", trimEnd(log.diagnostics.lines(paint))),
    ...block("Messages:", log.messages),
    ...block(unmodelledTitle, unmodelledLines(log, options.isModelled)),
    ...block(
      "Outputs:",
      stackOutputLines(log, paint).map((line) => `    ${line}`),
    ),
    ...block("Resources:", isRefused ? [] : log.counts.lines(log.isPreview, failed, paint)),
    `Duration: ${duration}`,
  ];
}

const unmodelledTitle = "Kept as generic objects, without the service's own rules:";

function withTitle(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return title === "" ? [...lines, ""] : [title, ...lines, ""];
}

function trimEnd(lines: readonly string[]): readonly string[] {
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function unmodelledLines(log: OperationLog, isModelled: DisplayOptions["isModelled"]): string[] {
  if (isModelled === undefined) return [];
  const byType = new Map<string, number>();
  for (const row of log.rows.values()) {
    const custom = [...row.steps.values()].some((step) => (step.new ?? step.old)?.custom === true);
    if (!custom || row.type.startsWith("pulumi:") || isModelled(row.type)) continue;
    byType.set(row.type, (byType.get(row.type) ?? 0) + 1);
  }
  return [...byType].map(([type, count]) => `    ${type} (${count})`);
}

/** Stateful resources that are replaced or deleted, unmissable, to stand above everything else. Empty when there are none. */
function statefulChangeLines(log: OperationLog, paint: Paint): string[] {
  const rows = [...log.rows.values()].filter((row) => isStateful(row.type) && losesData(row));
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map((row) => treeType(row.type, false).length));
  return [
    paint("danger", headline(rows.length, log.isPreview)),
    ...rows.map((row) => paint("danger", `!!   ${rowText(row, width)}`)),
  ];
}

function headline(count: number, isPreview: boolean): string {
  const subject = count === 1 ? "1 STATEFUL RESOURCE" : `${count} STATEFUL RESOURCES`;
  const what = isPreview ? "TO BE REPLACED OR DELETED: what is inside is lost" : "REPLACED OR DELETED";
  return `!! ${subject} ${what}`;
}

function losesData(row: ResourceRow): boolean {
  if (row.refreshed) return row.steps.has("delete");
  const loses = row.steps.has("replace") || row.steps.has("delete") || row.steps.has("delete-replaced");
  return loses && !row.retained;
}

function rowText(row: ResourceRow, width: number): string {
  const replacement = row.steps.get("replace") ?? row.steps.get("create-replacement");
  const what = replacement !== undefined || row.steps.has("delete-replaced") ? "+- replace" : "-  delete ";
  const keys = replacement?.keys ?? [];
  const reason = keys.length > 0 ? `  forced by ${keys.map(printable).join(", ")}` : "";
  const shield = row.protected ? "  (protected)" : "";
  return `${what}  ${treeType(row.type, false).padEnd(width)}  ${row.name}${reason}${shield}`;
}
