import { printable } from "../../../deployment/display/terminal";

/** Longer texts are cut: one message must not crowd out the others. */
const longestText = 1000;
const zeroWidthSpace = "\u200b";

/**
 * A text from outside (names, messages, values) for a line of Markdown: no markup, no HTML, nobody notified, no issue linked, one line.
 */
export function inlineText(text: string): string {
  const line = withoutDirection(printable(text)).replace(/\s+/g, " ").trim();
  const cut = line.length > longestText ? `${line.slice(0, longestText)}…` : line;
  return cut
    .replace(/[\\`*_{}[\]()#+!|~$]/g, (character) => `\\${character}`)
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/@/g, `@${zeroWidthSpace}`)
    .replace(/\\#(?=\d)/g, `\\#${zeroWidthSpace}`)
    .replace(/\b(GH)-(?=\d)/gi, `$1-${zeroWidthSpace}`);
}

/** A text from outside within an HTML block, where Markdown is not read. */
export function htmlText(text: string): string {
  const line = withoutDirection(printable(text)).replace(/\s+/g, " ").trim();
  const cut = line.length > longestText ? `${line.slice(0, longestText)}…` : line;
  return cut
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[@#]/g, (character) => `${character}${zeroWidthSpace}`);
}

/** Lines as they are, in a fence that nothing in them can close. */
export function fenced(lines: readonly string[], language: string): string {
  const text = lines.map((line) => withoutDirection(printable(line)).replace(/\n/g, " ")).join("\n");
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A part that is folded away. The summary is HTML. */
export function folded(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Characters that turn the direction of writing can make a text read as what it is not. */
function withoutDirection(text: string): string {
  return text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}
