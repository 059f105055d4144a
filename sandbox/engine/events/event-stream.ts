import type { EngineEvent } from "../../../deployment/engine-event";
import type { Urn } from "../plan/urn";
import { SecretTexts } from "./secret-texts";
import type { Severity, WrittenEvent } from "./written-event";

type EventBody = Omit<WrittenEvent, "sequence" | "timestamp">;

/** Numbers and dates the events of one run. */
export class EventStream {
  private sequence = 0;
  readonly secrets = new SecretTexts();

  /** @param secrets texts that no message may repeat */
  constructor(
    private readonly receive: (event: EngineEvent) => void,
    secrets: readonly string[] = [],
  ) {
    for (const secret of secrets) this.secrets.add(secret);
  }

  emit(body: EventBody): void {
    const event: WrittenEvent = { sequence: this.sequence, timestamp: Math.floor(Date.now() / 1000), ...body };
    this.sequence += 1;
    if (isEngineEvent(event)) this.receive(event);
  }

  diagnostic(severity: Severity, message: string, urn: Urn = ""): void {
    const prefix = severity === "warning" || severity === "error" ? `${severity}: ` : "";
    const subject = urn === "" ? {} : { urn };
    const shown = this.secrets.masked(message);
    const text = shown.endsWith("\n") ? shown : `${shown}\n`;
    this.emit({ diagnosticEvent: { ...subject, prefix, message: text, color: "never", severity } });
  }
}

/** What the SDK makes of an event log: it asks for the two numbers and takes the rest as declared. */
function isEngineEvent(event: object): event is EngineEvent {
  return "sequence" in event && "timestamp" in event;
}
