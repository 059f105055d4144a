import { clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { PassThrough } from "node:stream";
import type { Terminal } from "./terminal";

/** Lines at the bottom of a terminal that are written over in place, below text that stays. Does nothing where that is not possible. */
export class LiveRegion {
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
