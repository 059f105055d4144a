import { githubError } from "../../lib/github/github-error";
import type { GithubRepository } from "../../lib/github/github-repository";
import { pullRequestOf } from "../../stacks/registry";
import { findAbandonedGroups, type PreviewCandidate, previewStack } from "./preview-environment";
import type { ResourceGroups } from "./resource-groups";

/** Where to look, and whom to ask. */
export interface PreviewSearch {
  /** The names of the stacks that the backend has. */
  readonly stacks: readonly string[];
  /** A stack's state, as the engines export it. */
  readonly exportedState: (stack: string) => Promise<unknown>;
  readonly groups: Pick<ResourceGroups, "list">;
  /** What GitHub says of a preview's pull request. */
  readonly pullRequest: (preview: PreviewCandidate) => Promise<PullRequestState>;
  /** `YYYY-MM-DD` in UTC. */
  readonly today: string;
  /** Hears of each preview whose state cannot be read: it may be broken, or have gone since the list was made. */
  readonly unread: (stack: string, reason: string) => void;
}

/**
 * Every preview environment and what is to become of it. No other stack's state is read, let alone judged; a preview whose state
 * cannot be read is told of and left alone, and so are its groups.
 *
 * @throws when a list is not complete
 */
export async function findPreviews(search: PreviewSearch): Promise<readonly Verdict[]> {
  const candidates: PreviewCandidate[] = [];
  for (const stack of search.stacks) {
    if (pullRequestOf(stack) === undefined) continue;
    try {
      const candidate = previewStack(stack, await search.exportedState(stack));
      if (candidate !== undefined) candidates.push(candidate);
    } catch (error) {
      search.unread(stack, error instanceof Error ? error.message : String(error));
    }
  }
  // A group of a listed stack is not abandoned, whether or not its stack could be read.
  candidates.push(...findAbandonedGroups(await search.groups.list(), search.stacks));
  const verdicts: Verdict[] = [];
  for (const candidate of candidates) {
    verdicts.push(judgePreview(candidate, await search.pullRequest(candidate), search.today));
  }
  return verdicts;
}

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
export function judgePreview(candidate: PreviewCandidate, state: PullRequestState, today: string): Verdict {
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

/**
 * Whether a pull request is open and carries one of the labels that keep its preview environment.
 *
 * @throws `GithubError` when GitHub does not say, also for a pull request that it does not show: a token that may not see it gets the
 * same answer, and nothing is destroyed on a guess
 */
export async function readPullRequestState(
  { owner, name, api }: GithubRepository,
  number: number,
  labels: readonly string[],
): Promise<Exclude<PullRequestState, "unknown">> {
  try {
    const { data } = await api.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
      owner,
      repo: name,
      pull_number: number,
    });
    if (data.state !== "open") return "closed";
    return data.labels.some(({ name: given }) => labels.includes(given)) ? "open" : "unlabelled";
  } catch (error) {
    throw githubError(error, `reading pull request ${number} of ${owner}/${name}`, "pull-requests: read");
  }
}
