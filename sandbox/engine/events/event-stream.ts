import type { EngineEvent } from "../../../deployment/engine-event";
import {
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../../../deployment/values/property-value";
import { encodeProperties, type SecretEncoder } from "../../../deployment/values/state-value";
import type { Urn } from "../plan/urn";
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

/** Shorter texts stand in many places by chance; the real engine leaves them alone too. */
const shortest = 3;
const mask = "[secret]";

/** The secrets that a run has met. Messages of services and programs may quote them; what is shown must not. */
class SecretTexts {
  private readonly secrets = new Set<Secret>();

  /** Writes a secret as events show it, and remembers it. */
  readonly encode: SecretEncoder = (secret) => {
    this.secrets.add(secret);
    return mask;
  };

  /** Remembers the secrets of a resource that no event has shown yet. */
  note(properties: PropertyMap): void {
    encodeProperties(properties, this.encode);
  }

  /** @param text a secret of the configuration */
  add(text: string): void {
    this.secrets.add(new Secret(text));
  }

  /** The message with every secret in it replaced. */
  masked(message: string): string {
    // The longest first: one secret may be a part of another.
    const texts = [...new Set([...this.secrets].flatMap(textsIn))].sort((one, other) => other.length - one.length);
    return texts.reduce((masked, text) => masked.replaceAll(text, mask), message);
  }
}

function textsIn(value: PropertyValue): readonly string[] {
  if (typeof value === "string") return value.length < shortest ? [] : [value];
  if (value instanceof Secret) return textsIn(value.value);
  if (isPropertyArray(value)) return value.flatMap(textsIn);
  return isPropertyMap(value) ? Object.values(value).flatMap(textsIn) : [];
}
