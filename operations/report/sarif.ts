import { createHash } from "node:crypto";
import type { Log, ReportingDescriptor, Result } from "sarif";
import { printable } from "../../deployment/display/terminal";
import { urnName } from "../../deployment/display/urn-text";
import { guardDescriptions } from "../guard/guard-finding";
import type { SourceLocation } from "./source-location";
import type { StackReport } from "./stack-report";

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** Something to place on a line: a violation, or a finding of a plan guard. */
interface Placed {
  readonly rule: string;
  readonly description: string;
  readonly level: "error" | "warning";
  readonly text: string;
  readonly urn: string | undefined;
  readonly location: SourceLocation | undefined;
  /** Why it blocks nothing: the guard was overridden, or the inventory says that it leaves. */
  readonly justification?: string;
}

/** Violations and guard findings as SARIF 2.1.0, each on the line that made the resource. */
export function sarifLog(report: StackReport): Log {
  const placed = [...violations(report), ...guardFindings(report)];
  const rules = new Map<string, ReportingDescriptor>();
  for (const { rule, description } of placed) {
    if (!rules.has(rule)) rules.set(rule, { id: rule, shortDescription: { text: printable(description) } });
  }
  const indexes = [...rules.keys()];
  return {
    $schema: schema,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "landscape", rules: [...rules.values()] } },
        // GitHub keeps the results of each stack apart by this.
        automationDetails: { id: `landscape/${report.stack}/` },
        originalUriBaseIds: { "%SRCROOT%": { description: { text: "The root of the repository" } } },
        columnKind: "utf16CodeUnits",
        results: placed.map((each) => result(each, indexes.indexOf(each.rule), report.stack)),
      },
    ],
  };
}

function violations(report: StackReport): Placed[] {
  return report.violations.map(({ policy, mandatory, urn, description, detail, location }) => ({
    rule: policy,
    description: description === "" ? policy : description,
    level: mandatory ? "error" : "warning",
    text: subject(urn, detail === "" ? description : detail),
    urn,
    location,
  }));
}

function guardFindings({ guards, locate }: StackReport): Placed[] {
  return guards.findings.map(({ guard, urn, message, remediation, accepted = false }) => {
    const override = guards.overridden.find((each) => each.guard === guard);
    const justification = accepted ? message : override?.reason;
    return {
      rule: `guard-${guard}`,
      description: guardDescriptions[guard],
      level: "error" as const,
      text: accepted ? message : `${message}. ${remediation}`,
      urn,
      location: urn === undefined ? undefined : locate(urn),
      ...(justification === undefined ? {} : { justification }),
    };
  });
}

function subject(urn: string | undefined, text: string): string {
  return urn === undefined ? text : `${urnName(urn)}: ${text}`;
}

function result({ rule, level, text, urn, location, justification }: Placed, ruleIndex: number, stack: string): Result {
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: printable(text) },
    // GitHub shows nothing without a place; what is about the whole stack is placed on the stack's settings.
    locations: [place(location ?? { file: `Pulumi.${stack}.yaml`, line: 1 }, urn)],
    partialFingerprints: {
      "ruleAndResource/v1": createHash("sha256")
        .update(`${rule}\n${urn ?? stack}`)
        .digest("hex"),
    },
    ...(justification === undefined
      ? {}
      : { suppressions: [{ kind: "external" as const, justification: printable(justification) }] }),
  };
}

function place({ file, line }: SourceLocation, urn: string | undefined) {
  const uri = file.split("/").map(encodeURIComponent).join("/");
  return {
    physicalLocation: { artifactLocation: { uri, uriBaseId: "%SRCROOT%" }, region: { startLine: line } },
    ...(urn === undefined
      ? {}
      : { logicalLocations: [{ name: urnName(urn), fullyQualifiedName: printable(urn), kind: "resource" }] }),
  };
}
