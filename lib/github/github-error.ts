// By itself: every command knows these errors, and few need the client, which takes long to load.

/** GitHub cannot be asked: the environment does not say where or as whom. */
export class GithubNotConfigured extends Error {
  override name = "GithubNotConfigured";
}

/** What GitHub answered, in words that say what to do. */
export class GithubError extends Error {
  override name = "GithubError";
}

/** An error as the client throws it when GitHub answered, or when it did not: that counts as 500. */
interface FailedRequest extends Error {
  readonly status: number;
}

function isFailedRequest(error: unknown): error is FailedRequest {
  return error instanceof Error && "status" in error && typeof error.status === "number";
}

export function statusOf(error: unknown): number | undefined {
  return isFailedRequest(error) ? error.status : undefined;
}

/**
 * @param what was tried, for example `writing the comment on pull request 12 of owner/name`
 * @param permission the job's permission that it takes, for example `pull-requests: write`
 */
export function githubError(error: unknown, what: string, permission: string): GithubError {
  return new GithubError(`${what} failed: ${reason(error, permission)}`, { cause: error });
}

function reason(error: unknown, permission: string): string {
  if (isTimeout(error)) return "GitHub did not answer in time, again and again; run it again later";
  if (!isFailedRequest(error)) return error instanceof Error ? error.message : String(error);
  switch (error.status) {
    case 401:
      return "GitHub does not accept the token (401); it has expired or is not one";
    case 403:
      return isLimit(error)
        ? "GitHub's rate limit is used up (403) for longer than it pays to wait; run it again later"
        : `the token may not do that (403); the job needs the permission ${permission}`;
    case 404:
      return `GitHub knows no such thing (404), or the token may not see it; the job needs the permission ${permission}`;
    case 409:
      return "somebody else changed it at the same time (409), again and again; run it again";
    case 422:
      return `GitHub refuses what was sent (422): ${firstLine(error.message)}`;
    case 429:
      return "GitHub's rate limit is used up (429); run it again later";
    default:
      return `GitHub did not answer as it should (${error.status}: ${firstLine(error.message)}); run it again`;
  }
}

/** The client wraps the time limit's error once for each layer. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || isTimeout(error.cause));
}

function isLimit({ message }: FailedRequest): boolean {
  return /rate limit|quota exhausted/i.test(message);
}

/** A proxy's answer can be a whole page of HTML. */
function firstLine(message: string): string {
  const line = message
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
