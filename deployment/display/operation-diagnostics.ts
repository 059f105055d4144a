import { isRefusal } from "../../lib/refusal";
import type { EngineEvent } from "../engine-event";
import { hintFor } from "../hints";
import { type Paint, printable } from "./terminal";
import { treeType, urnName, urnType } from "./urn-text";

export interface Diagnostic {
  readonly urn: string | undefined;
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  /** What to do about an error that does not say it itself. */
  readonly hint?: string;
}

/** A missing setting as the SDK words it, or a problem that names file, line and column. */
const inputComplaint = /^Missing required configuration variable|^\s*\S+\.ya?ml:\d+:\d+ /m;

/** As both engines word it. */
const protectedDeletion = /cannot be deleted\s+because it is protected/;

/** Messages of the program and of providers, kept in order of arrival; the engine's closing remark ("update failed") is left out. */
export class Diagnostics {
  readonly all: Diagnostic[] = [];

  record(event: EngineEvent): void {
    const diagnostic = event.diagnosticEvent;
    if (diagnostic === undefined || diagnostic.ephemeral === true) return;
    const message = printable(diagnostic.message).trimEnd();
    if (message === "" || closingRemark.test(message)) return;
    const severity = diagnostic.severity === "info#err" ? "info" : diagnostic.severity;
    if (severity !== "info" && severity !== "warning" && severity !== "error") return;
    const urn = diagnostic.urn === "" ? undefined : diagnostic.urn;
    const hint = severity === "error" ? hintFor(message, urn) : undefined;
    this.all.push({ urn, severity, message, ...(hint === undefined ? {} : { hint }) });
  }

  of(urn: string): readonly Diagnostic[] {
    return this.all.filter((diagnostic) => diagnostic.urn === urn);
  }

  get errors(): readonly Diagnostic[] {
    return this.all.filter((diagnostic) => diagnostic.severity === "error");
  }

  /** Whether the program stopped because of what it was given to read: nothing of its plan will be. */
  get refuseInput(): boolean {
    return this.errors.some(({ message }) => inputComplaint.test(message) || isRefusal(message));
  }

  /** Whether protected resources are all that is in the way. */
  get areProtection(): boolean {
    return this.errors.length > 0 && this.errors.every(({ message }) => protectedDeletion.test(message));
  }

  lines(paint: Paint): string[] {
    const urns = [...new Set(this.all.map((diagnostic) => diagnostic.urn))];
    return urns.flatMap((urn) => {
      const own = this.all.filter((diagnostic) => diagnostic.urn === urn);
      const subject = urn === undefined ? [] : [`  ${treeType(urnType(urn), false)} (${urnName(urn)}):`];
      return [...subject, ...own.flatMap((diagnostic) => diagnosticLines(diagnostic, paint)), ""];
    });
  }
}

const closingRemark = /^(preview|update|refresh|destroy) failed$/;

function diagnosticLines(diagnostic: Diagnostic, paint: Paint): string[] {
  const [first = "", ...rest] = diagnostic.message.split("\n");
  return [
    `    ${label(diagnostic, paint)}${first}`,
    ...rest.map((line) => (line === "" ? "" : `    ${line}`)),
    ...(diagnostic.hint === undefined ? [] : [`    ${paint("bold", "what to do:")} ${diagnostic.hint}`]),
  ];
}

function label(diagnostic: Diagnostic, paint: Paint): string {
  switch (diagnostic.severity) {
    case "error":
      return paint("danger", "error: ");
    case "warning":
      return paint("warn", "warning: ");
    case "info":
      return "";
  }
}
