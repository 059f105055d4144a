import { GithubNotConfigured } from "../../lib/github/github-error";
import { githubRepository } from "../../lib/github/github-repository";
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
  try {
    const { owner, name, api } = githubRepository(environment, ["GITHUB_TOKEN"]);
    return await postComment(api, { owner, repo: name, pullRequest, stack, run: runNumber(environment), write });
  } catch (error) {
    if (error instanceof GithubNotConfigured)
      return skipped(`${error.message}; a pull request from a fork has no token`);
    throw error;
  }
}

function skipped(why: string): CommentOutcome {
  return { what: "skipped", notice: `no comment was posted: ${why}. The report is in the files.` };
}

/** Grows with every run and every attempt at one; the clock where there is no run. */
function runNumber({ GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: attempt }: Environment): number {
  if (run === undefined || !/^\d+$/.test(run)) return Date.now();
  return Number(run) * 100 + Number(attempt ?? 1);
}
