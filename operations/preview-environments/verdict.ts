import type { PreviewCandidate } from "./preview-environment";

/** What GitHub says of a pull request. `unknown`: it was not asked, or did not answer. */
export type PullRequestState = "open" | "closed" | "unlabelled" | "unknown";

/** What becomes of something that may be a preview environment. */
export interface Verdict {
  readonly candidate: PreviewCandidate;
  readonly action: "keep" | "reap" | "leave";
  /** In words, for the table. */
  readonly why: string;
}

/**
 * Whether a preview environment goes: past its last day, or without an open pull request that carries the label. What does not carry
 * the tags is left alone whatever its name.
 *
 * @param today `YYYY-MM-DD`
 */
export function verdictOn(candidate: PreviewCandidate, state: PullRequestState, today: string): Verdict {
  const { label, kind } = candidate;
  if (label === undefined && kind !== "empty-stack") {
    return { candidate, action: "leave", why: "not tagged as the preview environment of its pull request" };
  }
  const pullRequest = `pull request ${candidate.pullRequest}`;
  if (state === "closed") return { candidate, action: "reap", why: `${pullRequest} is closed` };
  if (state === "unlabelled") return { candidate, action: "reap", why: `${pullRequest} has no such label` };
  if (label === undefined) return { candidate, action: "keep", why: "nothing is in it" };
  if (label.expiresAt < today) return { candidate, action: "reap", why: `its last day was ${label.expiresAt}` };
  const until = `until ${label.expiresAt}`;
  return { candidate, action: "keep", why: state === "open" ? `${pullRequest} is open, ${until}` : until };
}
