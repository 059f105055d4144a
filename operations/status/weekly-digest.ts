import { execFileSync } from "node:child_process";
import type { Issue } from "../drift/drift-issue";
import { type DriftLook, isLookDue, lookLine } from "../drift/drift-look";
import { valueRead } from "./attention";
import type { StatusReport } from "./status-table";

/** What a digest is made of, beside the reports. */
export interface DigestSources {
  /** The first day that it tells of. */
  readonly since: string;
  /** What was merged since then, the newest first; or why nobody could tell. */
  readonly titles: readonly string[] | { readonly why: string };
  /** The open issues of drift; or why nobody could tell. */
  readonly drift: readonly Issue[] | { readonly why: string };
  /** When people looked at what no workflow looks at; or why nobody could tell. */
  readonly looks: readonly DriftLook[] | { readonly why: string };
  readonly now: Date;
}

/** Entries of each list in a message, which stays readable so. */
export const messageEntries = 15;

/**
 * What changed, drifted and ends, as lines for people. Each list says when there is nothing, so that nobody takes silence for calm.
 *
 * @param reports each of some of the stacks
 * @param most entries of each list; what is left out is counted. Default: all
 */
export function digestLines(
  reports: readonly StatusReport[],
  { since, titles, drift, looks, now }: DigestSources,
  most = Number.POSITIVE_INFINITY,
): string[] {
  const list = (title: string, entries: readonly string[] | { readonly why: string }, none: string) =>
    listLines(title, entries, none, most);
  const attention = reports.flatMap((report) => report.attention);
  const stacks = reports.flatMap((report) => report.stacks);
  const deployed = stacks.flatMap((status) => {
    const update = "why" in status ? undefined : valueRead(status.lastUpdate);
    return update === undefined || update.at < since ? [] : [`${status.stack}: ${update.kind} ${update.result}`];
  });
  const toldOf = (when: "now" | "soon") =>
    attention.filter((one) => one.when === when).map(({ stack, what, mend }) => `${stack}: ${what} (${mend})`);
  const unread = stacks.flatMap((status) => ("why" in status ? [`${status.stack}: ${status.why}`] : []));
  return [
    `Since ${since}`,
    ...list("Changed", titles, "nothing was merged"),
    ...list("Deployed last", deployed, "nothing"),
    ...list(
      "Drifted",
      "why" in drift ? drift : drift.map(({ title, html_url }) => `${title} ${html_url}`),
      "nothing is open",
    ),
    ...list("Looked at by people", "why" in looks ? looks : looks.map((look) => lookText(look, now)), "nothing"),
    ...list("Needs a person now", toldOf("now"), "nothing"),
    ...list("Ends soon", toldOf("soon"), "nothing"),
    ...(unread.length === 0 ? [] : list("Not read", unread, "")),
  ];
}

function lookText(look: DriftLook, now: Date): string {
  return `${lookLine(look)}${isLookDue(look, now) ? `, OVERDUE (npm run drift -- --stack ${look.stack} --file)` : ""}`;
}

function listLines(
  title: string,
  entries: readonly string[] | { readonly why: string },
  none: string,
  most: number,
): string[] {
  if ("why" in entries) return [`${title}: not known, ${entries.why}`];
  const shown = entries.slice(0, most).map((entry) => `  • ${entry}`);
  const more = entries.length > most ? [`  and ${entries.length - most} more`] : [];
  return entries.length === 0 ? [`${title}: ${none}`] : [title, ...shown, ...more];
}

/** The titles of what was merged since a day, the newest first: on the deployed branch, each commit is a pull request's. */
export function mergedTitles(directory: string, since: string): DigestSources["titles"] {
  try {
    const run = (...args: readonly string[]) =>
      execFileSync("git", args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    if (run("rev-parse", "--is-shallow-repository") === "true") return { why: "the history is cut off here" };
    const log = run("log", "--first-parent", `--since=${since}T00:00:00Z`, "--format=%s (%h)");
    return log === "" ? [] : log.split("\n");
  } catch {
    return { why: "this is no checkout of git" };
  }
}
