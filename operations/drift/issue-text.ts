import { z } from "zod";
import { parseJson } from "../../lib/json-value";
import { canonicalDigest } from "../delivery/canonical-digest";
import { comparisonOf, type DriftComparison, type DriftFinding, kindWords } from "./drift-finding";
import { changeText } from "./drift-table";
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

/** Values come from clouds, where strangers may write. As code they notify nobody and are not rendered. */
function code(text: string): string {
  const line = text.replace(/\s+/g, " ");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}

function minutes(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

const memorySchema = z.strictObject({
  stack: z.string(),
  /** When each finding was first seen, by its key. */
  firstSeen: z.record(z.string(), z.iso.datetime()),
  /** The digest of what Slack was last told; empty before the first message. */
  told: z.string(),
  /** The digest of what the on-call person was last paged for; empty when there was no page. */
  paged: z.string(),
});

/** What later runs read from the issue, in an HTML comment that is not rendered. */
export type IssueMemory = z.output<typeof memorySchema>;

/** The issue that remembers nothing more than its beginning is still the stack's. */
const markerPattern =
  /<!-- landscape-drift stack=(?<stack>[^\s>]+) -->\n<!-- landscape-drift-memory (?<memory>[^\n]*) -->/;

/** More findings than these begin anew with every run; a stack with as many has other problems. */
const mostRemembered = 500;

/** What a finding is recognised by in the next run. Drift that begins to open something up is another finding: its time begins then. */
export function findingKey({ kind, severity, urn, id, type }: DriftFinding): string {
  return canonicalDigest([kind, severity, urn ?? `${type} ${id}`]).slice(0, 12);
}

/** The hidden beginning of the issue's text. */
export function issueMarker({ firstSeen, ...memory }: IssueMemory): string {
  const remembered = Object.fromEntries(Object.entries(firstSeen).slice(0, mostRemembered));
  const json = JSON.stringify({ ...memory, firstSeen: remembered });
  // `--` would end the comment, or be refused inside of one.
  const text = json.replaceAll("--", "-\\u002d").replaceAll(">", "\\u003e");
  return `<!-- landscape-drift stack=${memory.stack} -->\n<!-- landscape-drift-memory ${text} -->`;
}

/** Whether a text is that of a stack's issue. */
export function isIssueOf(stack: string, body: string): boolean {
  return markerPattern.exec(body.replaceAll("\r\n", "\n"))?.groups?.stack === stack;
}

/** What the issue remembers; undefined when somebody edited it beyond recognition. */
export function readMemory(body: string): IssueMemory | undefined {
  const memory = markerPattern.exec(body.replaceAll("\r\n", "\n"))?.groups?.memory;
  return memory === undefined ? undefined : memorySchema.safeParse(parseJson(memory)).data;
}
