import { type Paint, printable } from "../../deployment/display/terminal";
import type { GuardReport } from "./run-guards";

/** What the guards found, for a person on a terminal. Empty when they found nothing. */
export function guardLines({ findings, blocking, overridden, needless }: GuardReport, paint: Paint): string[] {
  const lines = findings.flatMap((finding) => {
    const blocks = blocking.includes(finding);
    const mark = blocks ? paint("danger", "✗ [blocks]") : paint("warn", "! [overridden]");
    return [
      `    ${mark}  ${finding.guard}: ${printable(finding.message)}`,
      ...(blocks ? [`        ${finding.remediation}`] : []),
    ];
  });
  const recorded = overridden.map(({ guard, reason }) => `    overridden  ${guard}: ${printable(reason)}`);
  const unused = needless.map(({ guard }) => `    the override of ${guard} is not needed: that guard found nothing`);
  return lines.length + unused.length === 0 ? [] : ["Plan guards:", ...lines, ...recorded, ...unused];
}
