import { OperationDisplay } from "../deployment/display/operation-display";
import { OperationLog } from "../deployment/display/operation-log";
import { printableJson, type Terminal } from "../deployment/display/terminal";
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
  readonly brief: boolean;
  readonly plan: OperationLog | undefined;
  readonly isModelled: ((type: string) => boolean) | undefined;
}

export function eventOutput(
  terminal: Terminal,
  { json, isModelled, plan, ...options }: EventOutputOptions,
): EventOutput {
  if (json) return new JsonEvents(terminal);
  return new OperationDisplay(terminal, {
    ...options,
    ...(isModelled === undefined ? {} : { isModelled }),
    ...(plan === undefined ? {} : { plan }),
  });
}

class JsonEvents implements EventOutput {
  readonly log = new OperationLog();

  constructor(private readonly terminal: Terminal) {}

  event(event: EngineEvent): void {
    this.log.record(event);
    this.terminal.write(`${printableJson(event)}\n`);
  }

  finish(): void {}
}
