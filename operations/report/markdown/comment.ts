import { inlineText } from "./inline-text";

/** GitHub takes 65,536 characters; some room is left for what it counts differently. */
export const longestComment = 64_000;

/** The comment is found by this line, which a reader does not see. */
export const commentMarker = "<!-- landscape:report -->";

/** One stack's part of a comment. */
export interface CommentSection {
  readonly stack: string;
  /** The run that wrote it: a number that grows. A later run's part is not overwritten by an earlier one's. */
  readonly run: number;
  readonly text: string;
}

/** A comment that carries the report's mark and is somebody else's. */
export interface ForgedComment {
  readonly url: string;
  readonly author: string;
}

/** What one run has to say in the comment. */
export interface CommentPart {
  readonly stack: string;
  readonly run: number;
  /** Writes this stack's part within a number of characters. */
  readonly write: (budget: number) => string;
}

const footer = "\n\n<sub>Written by `npm run report`, edited in place at every run.</sub>\n";
const sectionPattern = /<!-- landscape:stack=([A-Za-z0-9._-]+) run=(\d+) -->\n([\s\S]*?)\n<!-- landscape:end=\1 -->/g;

/** The parts of a comment, as {@link commentText} wrote them. */
export function parseComment(body: string): readonly CommentSection[] {
  return [...body.matchAll(sectionPattern)].map(([, stack = "", run = "0", text = ""]) => ({
    stack,
    run: Number(run),
    text,
  }));
}

/**
 * A comment with a stack's part put in, in place of an older one. Where it would be too long, the new part is written again with less
 * room; where the others alone are too long, they are cut to their beginning.
 *
 * @param forged what the reader is warned of. Default: nothing
 */
export function mergeComment(
  body: string,
  { stack, run, write }: CommentPart,
  forged: readonly ForgedComment[] = [],
): string {
  const others = parseComment(body).filter((section) => section.stack !== stack);
  const present = parseComment(body).find((section) => section.stack === stack);
  if (present !== undefined && present.run > run) return body;
  // Each stack is sure of an equal share, and may use what the others leave.
  const share = Math.floor((longestComment - 1000) / (others.length + 1)) - 200;
  const kept = others.map((section) =>
    section.text.length > share && totalLength(others) > longestComment - share
      ? shortenSection(section, share)
      : section,
  );
  const budget = Math.max(share, longestComment - totalLength(kept) - 1200);
  const text = write(budget);
  return commentText([...kept, { stack, run, text }], forged);
}

export function commentText(sections: readonly CommentSection[], forged: readonly ForgedComment[] = []): string {
  const sorted = [...sections].sort((left, right) => (left.stack < right.stack ? -1 : 1));
  const parts = sorted.map(
    ({ stack, run, text }) => `<!-- landscape:stack=${stack} run=${run} -->\n${text}\n<!-- landscape:end=${stack} -->`,
  );
  return `${commentMarker}\n${[...forged.slice(0, namedForgeries).map(forgedText), ...parts].join("\n\n")}${footer}`;
}

const namedForgeries = 3;

function forgedText({ url, author }: ForgedComment): string {
  return `⚠️ [A comment of ${inlineText(author)}](${url}) carries this report's mark and is not the report: do not believe it.`;
}

function totalLength(sections: readonly CommentSection[]): number {
  return sections.reduce((sum, { text }) => sum + text.length + 100, 0);
}

/** Whole blocks from the beginning, so that nothing is left open: a block ends where a heading begins. */
function shortenSection(section: CommentSection, length: number): CommentSection {
  const note = "\n\n✂️ Shortened, because another stack needed the room: see this stack's own run.";
  const blocks = section.text.split(/\n\n(?=### )/);
  let text = "";
  for (const block of blocks) {
    const next = text === "" ? block : `${text}\n\n${block}`;
    if (next.length + note.length > length) break;
    text = next;
  }
  return { ...section, text: `${text}${note}` };
}
