import type { Urn } from "./urn";

/** Stops the deployment after its reason was already reported as a diagnostic. */
export class Bail extends Error {
  constructor(readonly reason: "resource" | "policy") {
    super("the deployment was stopped");
    this.name = "Bail";
  }
}

/** Stops the deployment with a message about one resource. */
export class PlanError extends Error {
  constructor(
    message: string,
    readonly urn: Urn = "",
  ) {
    super(message);
    this.name = "PlanError";
  }
}

/** The gRPC status that the SDK takes as "the engine is gone": it stops quietly instead of reporting an error. */
export const unavailable = 14;

/** What registrations get once the deployment has been stopped. */
export class MonitorShutDown extends Error {
  readonly code = unavailable;
  readonly details = "the resource monitor has shut down";
  constructor() {
    super("the resource monitor has shut down");
    this.name = "MonitorShutDown";
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
