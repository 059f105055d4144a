import { githubError } from "../../lib/github/github-error";
import type { GithubRepository } from "../../lib/github/github-repository";
import type { PullRequestState } from "./verdict";

/**
 * Whether a pull request is open and carries the label of preview environments.
 *
 * @throws `GithubError` when GitHub does not say, also for a pull request that it does not show: a token that may not see it gets the
 * same answer, and nothing is destroyed on a guess
 */
export async function pullRequestState(
  { owner, name, api }: GithubRepository,
  number: number,
  label: string,
): Promise<Exclude<PullRequestState, "unknown">> {
  try {
    const { data } = await api.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
      owner,
      repo: name,
      pull_number: number,
    });
    if (data.state !== "open") return "closed";
    return data.labels.some((each) => each.name === label) ? "open" : "unlabelled";
  } catch (error) {
    throw githubError(error, `reading pull request ${number} of ${owner}/${name}`, "pull-requests: read");
  }
}
