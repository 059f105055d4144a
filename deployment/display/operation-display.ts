import type { EngineEvent } from "../engine-event";
import { OperationLog } from "./operation-log";
import { Progress, seconds } from "./progress";
import { resourceTreeLines } from "./resource-tree";
import { stackOutputLines } from "./stack-outputs";
import { statefulChangeLines } from "./stateful-changes";
import type { Terminal } from "./terminal";

export interface DisplayOptions {
  /** Show the properties that change under each resource. */
  readonly diff: boolean;
  /** Types that the emulated clouds keep but have no rules for; named at the end. */
  readonly isModelled?: (type: string) => boolean;
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
    this.progress = new Progress(terminal);
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
    this.terminal.write(`${lines.join("\n")}\n`);
  }
}

/** Everything that is shown once an operation is over. */
export function resultLines(
  log: OperationLog,
  options: DisplayOptions,
  terminal: Pick<Terminal, "paint">,
  duration: string,
): string[] {
  const { paint } = terminal;
  const refreshed = [...log.rows.values()].some((row) => row.refreshed);
  const showsTree = log.isPreview || options.diff || refreshed;
  const failed = [...log.rows.values()].filter((row) => row.failed).length;
  return [
    ...block("", statefulChangeLines(log, paint)),
    ...block("", showsTree ? resourceTreeLines(log, options.diff, paint) : []),
    ...block("Policies:", log.policies.lines(log.summary?.policyPacks ?? new Map(), paint)),
    ...block("Diagnostics:", trimmedEnd(log.diagnostics.lines(paint))),
    ...block("Messages:", log.messages),
    ...block("Kept as generic objects, without the service's own rules:", unmodelledLines(log, options.isModelled)),
    ...block(
      "Outputs:",
      stackOutputLines(log, paint).map((line) => `    ${line}`),
    ),
    ...block("Resources:", log.counts.lines(log.isPreview, failed, paint)),
    `Duration: ${duration}`,
  ];
}

function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return title === "" ? [...lines, ""] : [title, ...lines, ""];
}

function trimmedEnd(lines: readonly string[]): readonly string[] {
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
