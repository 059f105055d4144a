import type { Severity } from "../events/written-event";

interface LogRequest {
  getSeverity(): number;
  getMessage(): string;
  getUrn(): string;
}

type Answer = (error: null, answer: object) => void;

const severities: readonly Severity[] = ["debug", "info", "warning", "error"];

/** The engine as the SDK's `log` functions call it; the program's own error messages make it fail. */
export class EngineClient {
  loggedErrors = false;

  constructor(private readonly tell: (severity: Severity, message: string, urn: string) => void) {}

  log(request: LogRequest, answer: Answer): void {
    const severity = severities[request.getSeverity()] ?? "info";
    if (severity === "error") this.loggedErrors = true;
    if (severity !== "debug") this.tell(severity, request.getMessage(), request.getUrn());
    answer(null, {});
  }

  setRootResource(_request: object, answer: Answer): void {
    answer(null, {});
  }

  /** The sandbox answers for the engine version it was recorded from; a range is not checked. */
  requirePulumiVersion(_request: object, answer: Answer): void {
    answer(null, {});
  }

  close(): void {}
}
