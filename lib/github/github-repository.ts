import { type GithubClient, githubClient } from "./github-client";
import { GithubNotConfigured } from "./github-error";

/** A repository at GitHub, and a client that may ask for it. */
export interface GithubRepository {
  readonly owner: string;
  readonly name: string;
  readonly api: GithubClient;
}

/**
 * The repository of a workflow's run, from the environment that GitHub gives it: `GITHUB_REPOSITORY`, a token, `GITHUB_API_URL`.
 *
 * @param tokens the variables that may hold the token; the first that is set counts. Default: `RUN_TOKEN`, the run's own, because
 * `GITHUB_TOKEN` may be that of the app that deploys
 * @throws {@link GithubNotConfigured} naming what is missing
 */
export function githubRepository(
  environment: Readonly<Record<string, string | undefined>>,
  tokens: readonly string[] = ["RUN_TOKEN"],
): GithubRepository {
  // A secret that a workflow does not have is an empty text there.
  const given = (name: string): string | undefined => environment[name] || undefined;
  const token = tokens.map(given).find((value) => value !== undefined);
  const repository = given("GITHUB_REPOSITORY");
  if (token === undefined || repository === undefined) {
    const missing = [
      ...(repository === undefined ? ["GITHUB_REPOSITORY"] : []),
      ...(token === undefined ? [tokens.join(" or ")] : []),
    ];
    throw new GithubNotConfigured(
      `GitHub cannot be asked: ${missing.join(" and ")} must be set, as in a workflow of the repository`,
    );
  }
  const [owner = "", name = "", ...rest] = repository.split("/");
  if (owner === "" || name === "" || rest.length > 0) {
    throw new GithubNotConfigured(`GitHub cannot be asked: GITHUB_REPOSITORY is "${repository}", expected owner/name`);
  }
  const baseUrl = given("GITHUB_API_URL");
  const second = given("GITHUB_RETRY_MILLISECONDS");
  const api = githubClient({
    token,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    // Tests make the pauses between tries short.
    ...(second === undefined ? {} : { second: Number(second) }),
  });
  return { owner, name, api };
}
