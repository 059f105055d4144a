import { OperationDisplay } from "../deployment/display/operation-display";
import { OperationLog } from "../deployment/display/operation-log";
import type { Terminal } from "../deployment/display/terminal";
import type { EngineEvent } from "../deployment/engine-event";

/** Where one operation's events go, and what was gathered from them. */
export interface EventOutput {
  readonly log: OperationLog;
  event(event: EngineEvent): void;
  finish(): void;
}

export interface EventOutputOptions {
  readonly json: boolean;
  readonly diff: boolean;
  readonly isModelled: ((type: string) => boolean) | undefined;
}

export function eventOutput(terminal: Terminal, options: EventOutputOptions): EventOutput {
  if (options.json) return new JsonEvents(terminal);
  const { diff, isModelled } = options;
  return new OperationDisplay(terminal, isModelled === undefined ? { diff } : { diff, isModelled });
}

class JsonEvents implements EventOutput {
  readonly log = new OperationLog();

  constructor(private readonly terminal: Terminal) {}

  event(event: EngineEvent): void {
    this.log.record(event);
    this.terminal.write(`${JSON.stringify(event)}\n`);
  }

  finish(): void {}
}
