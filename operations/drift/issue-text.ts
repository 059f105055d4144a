import { changeText } from "./drift-table";
import { comparisonOf, type DriftComparison, kindWords } from "./finding";
import { type IssueMemory, issueMarker } from "./issue-marker";
import type { TrackedFinding } from "./tracked-finding";

/** GitHub refuses longer ones at 65,536 characters. */
const longestBody = 60_000;

const headings: Readonly<Record<DriftComparison, string>> = {
  cloud: "The cloud differs from the state",
  program: "The state differs from the program",
  unmanaged: "Managed by nobody",
};

export function issueTitle(stack: string, tracked: readonly TrackedFinding[]): string {
  const security = tracked.filter(({ finding }) => finding.severity === "security").length;
  const count = `${tracked.length} ${tracked.length === 1 ? "difference" : "differences"}`;
  return `Drift in ${stack}: ${count}${security === 0 ? "" : `, ${security} of them security`}`;
}

/** The issue's text: the hidden memory, then every finding with its time and its remedies. What does not fit is counted. */
export function issueBody(tracked: readonly TrackedFinding[], memory: IssueMemory): string {
  const head = [
    issueMarker(memory),
    "",
    "Found by comparing the clouds, the state and the program. This text is rewritten by every run; comments are kept.",
    "Security drift is to be gone within 24 hours, everything else within 3 days.",
  ].join("\n");
  const parts = (["cloud", "program", "unmanaged"] as const).flatMap((comparison) => {
    const own = tracked.filter(({ finding }) => comparisonOf[finding.kind] === comparison);
    return own.length === 0 ? [] : [`\n## ${headings[comparison]}`, ...own.map(findingText)];
  });
  const kept: string[] = [head];
  let length = head.length;
  for (const [index, part] of parts.entries()) {
    if (length + part.length > longestBody) {
      kept.push(
        `\n${parts.length - index} more do not fit here; \`npm run drift -- --stack ${memory.stack}\` lists them all.`,
      );
      break;
    }
    kept.push(part);
    length += part.length + 1;
  }
  return kept.join("\n");
}

function findingText({ finding, firstSeen, level }: TrackedFinding): string {
  const security = finding.severity === "security" ? "**security** · " : "";
  return [
    `\n### ${security}${kindWords[finding.kind]}: ${code(`${finding.type} ${finding.name}`)}`,
    `First seen ${minutes(firstSeen)}, due by ${minutes(level.dueBy)}: **${level.status}**`,
    ...finding.properties.map((change) => `- ${code(changeText(change))}`),
    ...finding.broken.map((broken) => `- breaks ${code(broken)}`),
    `- accept: ${code(finding.accept)}`,
    `- revert: ${code(finding.revert)}`,
  ].join("\n");
}

/** Values come from clouds where strangers write: as code they mention nobody and render nothing. */
function code(text: string): string {
  const line = text.replace(/\s+/g, " ");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}

function minutes(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
