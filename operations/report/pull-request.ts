import { githubClient } from "../../lib/github/github-client";
import { type PostedComment, postComment } from "./post-comment";

type Environment = Readonly<Record<string, string | undefined>>;

/** What became of the comment; `skipped` says why there is none. */
export type CommentOutcome = PostedComment | { readonly what: "skipped"; readonly notice: string };

/**
 * Posts a stack's part of the comment to the pull request of the repository that the environment names (`GITHUB_REPOSITORY`,
 * `GITHUB_TOKEN`, `GITHUB_API_URL`). Without a token, as in a pull request from a fork, it says so and posts nothing.
 *
 * @throws {@link GithubError} when GitHub refuses or does not answer
 */
export async function commentOnPullRequest(
  pullRequest: number,
  stack: string,
  write: (budget: number) => string,
  environment: Environment,
): Promise<CommentOutcome> {
  const token = environment.GITHUB_TOKEN ?? "";
  const [owner = "", repo = ""] = (environment.GITHUB_REPOSITORY ?? "").split("/");
  if (token === "") return skipped("GITHUB_TOKEN is not set, as in a pull request from a fork");
  if (owner === "" || repo === "") return skipped("GITHUB_REPOSITORY is not set to owner/name");
  const client = githubClient({
    token,
    ...(environment.GITHUB_API_URL === undefined ? {} : { baseUrl: environment.GITHUB_API_URL }),
  });
  return postComment(client, { owner, repo, pullRequest, stack, run: runNumber(environment), write });
}

function skipped(why: string): CommentOutcome {
  return { what: "skipped", notice: `no comment was posted: ${why}. The report is in the files.` };
}

/** Grows with every run and every attempt at one; the clock where there is no run. */
function runNumber({ GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: attempt }: Environment): number {
  if (run === undefined || !/^\d+$/.test(run)) return Date.now();
  return Number(run) * 100 + Number(attempt ?? 1);
}
