import { printable } from "../../../deployment/display/terminal";
import type { SourceLocation } from "../source-location";

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
export function fence(lines: readonly string[], language: string): string {
  const text = lines.map((line) => withoutDirection(printable(line)).replace(/\n/g, " ")).join("\n");
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A part that is folded away. The summary is HTML. */
export function fold(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Characters that turn the direction of writing can make a text read as what it is not. */
function withoutDirection(text: string): string {
  return text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** Where things can be looked up: the repository at a commit, and the run that wrote the report. */
export interface ReportLinks {
  /** `https://github.com/owner/name/blob/SHA`. */
  readonly sources?: string;
  /** The run with the whole report. */
  readonly run?: string;
}

/** Links from what GitHub Actions puts into the environment. */
export function linksFrom(environment: Readonly<Record<string, string | undefined>>, commit?: string): ReportLinks {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run, GITHUB_SHA: sha } = environment;
  if (server === undefined || repository === undefined) return {};
  const at = commit ?? sha;
  return {
    ...(at === undefined ? {} : { sources: `${server}/${repository}/blob/${at}` }),
    ...(run === undefined ? {} : { run: `${server}/${repository}/actions/runs/${run}` }),
  };
}

export function locationText(location: SourceLocation | undefined, { sources }: ReportLinks): string {
  if (location === undefined) return "";
  const text = `${inlineText(location.file)}:${location.line}`;
  if (sources === undefined) return ` · ${text}`;
  return ` · [${text}](${sources}/${location.file.split("/").map(encodeURIComponent).join("/")}#L${location.line})`;
}

/** A file of the repository, linked where there is one. */
export function fileLink(file: string, { sources }: ReportLinks): string {
  return sources === undefined ? `\`${file}\`` : `[${file}](${sources}/${file})`;
}

/** Where the rest of a shortened report is. */
export function restText({ run }: ReportLinks): string {
  return run === undefined
    ? "the whole report is in `full.md`, beside this one"
    : `[the whole report](${run}) is with the run`;
}
