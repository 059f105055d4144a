import { z } from "zod";
import { canonicalDigest } from "../delivery/canonical-digest";
import type { DriftFinding } from "./finding";

/** What the issue remembers between runs, in a comment that nobody sees. */
export interface IssueMemory {
  readonly stack: string;
  /** When each finding was first seen, by its key. */
  readonly firstSeen: Readonly<Record<string, string>>;
  /** What Slack was last told; empty before the first message. */
  readonly told: string;
  /** What people were last paged for; empty when for nothing. */
  readonly paged: string;
}

const memorySchema = z.strictObject({
  stack: z.string(),
  firstSeen: z.record(z.string(), z.iso.datetime()),
  told: z.string(),
  paged: z.string(),
});

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
  if (memory === undefined) return undefined;
  try {
    const parsed = memorySchema.safeParse(JSON.parse(memory));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
