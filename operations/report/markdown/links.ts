import type { SourceLocation } from "../source-location";
import { inlineText } from "./escape";

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
