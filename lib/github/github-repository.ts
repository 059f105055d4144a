import { Octokit } from "@octokit/core";
import { retry } from "@octokit/plugin-retry";

/** A repository at GitHub, as its API knows it. */
export interface GithubRepository {
  readonly owner: string;
  readonly name: string;
  /** Asks again when GitHub fails or is in the way for a moment; throws what it finally answered. */
  readonly api: Octokit;
}

const RetryingOctokit = Octokit.plugin(retry);

/** GitHub cannot be asked: the environment does not say where or as whom. */
export class GithubNotConfigured extends Error {
  override name = "GithubNotConfigured";
}

/**
 * The repository of a workflow's run, from the environment that GitHub gives it.
 *
 * `RUN_TOKEN` holds the run's own token: `GITHUB_TOKEN` may be that of the app that deploys.
 *
 * @throws {@link GithubNotConfigured} naming what is missing
 */
export function githubRepository(environment: Readonly<Record<string, string | undefined>>): GithubRepository {
  const missing = ["GITHUB_REPOSITORY", "RUN_TOKEN"].filter((name) => (environment[name] ?? "") === "");
  const [owner, name] = (environment.GITHUB_REPOSITORY ?? "").split("/");
  if (missing.length > 0 || owner === undefined || name === undefined || name === "") {
    const what = missing.length > 0 ? `${missing.join(" and ")} must be set` : "GITHUB_REPOSITORY must be owner/name";
    throw new GithubNotConfigured(`GitHub cannot be asked: ${what}, as in a workflow of the repository`);
  }
  const api = new RetryingOctokit({
    auth: environment.RUN_TOKEN ?? "",
    baseUrl: environment.GITHUB_API_URL ?? "https://api.github.com",
    // What fails is told once, by who asked.
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    retry: { retries: 2, retryAfterBaseValue: retryMilliseconds(environment) },
  });
  return { owner, name, api };
}

/** The unit of the pause between two tries, in milliseconds; tests make it short. */
function retryMilliseconds({ GITHUB_RETRY_MILLISECONDS: given }: Readonly<Record<string, string | undefined>>): number {
  return given === undefined ? 1000 : Number(given);
}
