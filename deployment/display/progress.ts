import { clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { PassThrough } from "node:stream";
import type { OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import type { EngineEvent } from "../engine-event";
import { isDefaultProvider } from "./change-counts";
import { operationWords } from "./operation-words";
import { fitLines, type Terminal } from "./terminal";
import { treeType, urnName } from "./urn-text";

const liveLines = 8;
const refreshMilliseconds = 120;
/** A step that runs longer than this gets a line of its own in a log, and again after as long. */
const patienceMilliseconds = 30_000;
/** A step that took longer than this gets a line also where not every step does. */
const longStepMilliseconds = 5_000;

export interface ProgressOptions {
  /** Whether every finished step gets a line, or only one that failed or took long. Default: true. */
  readonly everyStep?: boolean;
  /** Milliseconds on a clock that only goes forward. */
  readonly now?: () => number;
}

interface RunningStep {
  readonly metadata: StepEventMetadata;
  readonly startedAt: number;
  announcedAt: number;
}

/** Shows what is going on: on a terminal the running steps in place, in a log one line for each finished step. */
export class Progress {
  private readonly region: LiveRegion;
  private readonly running = new Map<string, RunningStep>();
  private readonly timer: NodeJS.Timeout;
  private finished = 0;
  private begun = false;
  private planning = false;
  private readonly everyStep: boolean;
  private readonly now: () => number;

  constructor(
    private readonly terminal: Terminal,
    { everyStep = true, now = () => performance.now() }: ProgressOptions = {},
  ) {
    this.everyStep = everyStep;
    this.now = now;
    this.region = new LiveRegion(terminal);
    this.timer = setInterval(() => this.tick(), refreshMilliseconds);
    this.timer.unref();
  }

  record(event: EngineEvent): void {
    if (event.resourcePreEvent) this.start(event.resourcePreEvent.metadata, event.resourcePreEvent.planning === true);
    if (event.resOutputsEvent) this.finish(event.resOutputsEvent.metadata, "past");
    if (event.resOpFailedEvent) this.finish(event.resOpFailedEvent.metadata, "failed");
  }

  stop(): void {
    clearInterval(this.timer);
    this.region.write("");
  }

  private start(metadata: StepEventMetadata, planning: boolean): void {
    this.planning = planning;
    this.begun = true;
    if (isDefaultProvider(metadata.urn)) return;
    const at = this.now();
    this.running.set(metadata.urn, { metadata, startedAt: at, announcedAt: at });
  }

  private finish(metadata: StepEventMetadata, how: "past" | "failed"): void {
    const step = this.running.get(metadata.urn);
    this.running.delete(metadata.urn);
    if (step === undefined) return;
    this.finished += 1;
    if (this.planning || (how === "past" && !isWork(metadata.op))) return;
    const milliseconds = this.now() - step.startedAt;
    if (how === "past" && !this.everyStep && (milliseconds < longStepMilliseconds || isComponent(metadata))) return;
    this.writeLine(this.finishedLine(metadata, how, milliseconds));
  }

  private writeLine(line: string): void {
    this.region.write(`${fitLines([line], this.terminal).join("\n")}\n`);
  }

  private finishedLine(metadata: StepEventMetadata, how: "past" | "failed", milliseconds: number): string {
    const words = operationWords[metadata.op];
    const verb = how === "past" ? words.past : this.terminal.paint("danger", `${words.present} failed`);
    const symbol = this.terminal.paint(words.role, words.symbol);
    const retained = metadata.op === "delete" && metadata.old?.retainOnDelete === true ? " (retained)" : "";
    return ` ${symbol} ${stepSubject(metadata)} ${verb}${retained} (${seconds(milliseconds)})`;
  }

  private tick(): void {
    if (this.terminal.interactive) this.region.show(this.liveText());
    else this.announceLongSteps();
  }

  private liveText(): string[] {
    if (!this.begun) return ["starting …"];
    if (this.planning) return [`previewing … ${this.finished} resources`];
    const steps = [...this.running.values()].filter(({ metadata }) => isWork(metadata.op) && !isComponent(metadata));
    const lines = steps.slice(0, liveLines).map((step) => this.runningLine(step));
    const more = steps.length > liveLines ? [`    … and ${steps.length - liveLines} more`] : [];
    return [...lines, ...more, `    ${this.finished} done`];
  }

  private announceLongSteps(): void {
    for (const step of this.running.values()) {
      if (this.planning || isComponent(step.metadata) || this.now() - step.announcedAt < patienceMilliseconds) continue;
      step.announcedAt = this.now();
      this.writeLine(this.runningLine(step));
    }
  }

  private runningLine(step: RunningStep): string {
    const words = operationWords[step.metadata.op];
    return ` ${words.symbol} ${stepSubject(step.metadata)} ${words.present} … ${seconds(this.now() - step.startedAt)}`;
  }
}

/** Steps that touch a cloud or the state in a way worth a line. The stack itself and its components are listed as any other. */
function isWork(operation: OpType): boolean {
  return operation !== "same" && operation !== "replace" && operation !== "read";
}

/** Components run as long as what is in them; the parts say more. */
function isComponent(metadata: StepEventMetadata): boolean {
  return (metadata.new ?? metadata.old)?.custom !== true;
}

function stepSubject(metadata: StepEventMetadata): string {
  return `${treeType(metadata.type, isComponent(metadata))} ${urnName(metadata.urn)}`;
}

/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const whole = Math.round(milliseconds / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Lines at the bottom of a terminal that are written over in place, below text that stays. Does nothing where that is not possible. */
class LiveRegion {
  private shown = 0;

  constructor(private readonly terminal: Terminal) {}

  /** Shows these lines in place of the ones shown before. */
  show(lines: readonly string[]): void {
    if (!this.terminal.interactive) return;
    const fitting = lines.map((line) => line.slice(0, this.terminal.columns - 1));
    this.terminal.write(`${this.erasure()}${fitting.map((line) => `${line}\n`).join("")}`);
    this.shown = fitting.length;
  }

  /** Takes the live lines away and writes text that stays. */
  write(text: string): void {
    this.terminal.write(`${this.terminal.interactive ? this.erasure() : ""}${text}`);
    this.shown = 0;
  }

  private erasure(): string {
    if (this.shown === 0) return "";
    const sequence = new PassThrough();
    moveCursor(sequence, 0, -this.shown);
    cursorTo(sequence, 0);
    clearScreenDown(sequence);
    return String(sequence.read() ?? "");
  }
}
