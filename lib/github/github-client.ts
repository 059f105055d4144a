import { Octokit } from "@octokit/core";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";

/** A client of GitHub's API that waits and asks again where that helps. */
export type GithubClient = InstanceType<typeof Client>;

const Client = Octokit.plugin(retry, throttling);

export interface GithubAccess {
  readonly token: string;
  /** @default https://api.github.com */
  readonly baseUrl?: string;
  /** How long one request may take, in milliseconds. @default 20000 */
  readonly timeout?: number;
  /** What "one second" of waiting is, in milliseconds; tests make it short. @default 1000 */
  readonly second?: number;
}

/** Longer waits than this, in seconds, are for the next run: a job that sleeps is paid for. */
const longestWait = 90;
const retries = 3;

/** Server errors, conflicts and requests that time out are tried again three times; limits are waited for when that takes 90 s or less. */
export function githubClient(access: GithubAccess): GithubClient {
  const { timeout = 20_000, second = 1000 } = access;
  const waits = (seconds: number, retryCount: number) => seconds <= longestWait && retryCount < retries;
  return new Client({
    auth: access.token,
    baseUrl: access.baseUrl ?? "https://api.github.com",
    userAgent: "landscape",
    // What went wrong is told by whoever asked, once.
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    // No `retries` here: the plugin then repeats at once even what it must not repeat.
    request: {
      fetch: (url: string, init: RequestInit) => fetch(url, { ...init, signal: AbortSignal.timeout(timeout) }),
    },
    // The other plugin reads what GitHub says of its limits; a 429 that says nothing of them is repeated as a server's error is.
    retry: {
      retries,
      doNotRetry: [400, 401, 403, 404, 410, 413, 422, 451],
      retryAfterBaseValue: second,
    },
    throttle: {
      id: `${access.baseUrl ?? ""} ${Math.random()}`,
      retryAfterBaseValue: second,
      fallbackSecondaryRateRetryAfter: 60,
      onRateLimit: (seconds, _options, _client, retryCount) => waits(seconds, retryCount),
      onSecondaryRateLimit: (seconds, _options, _client, retryCount) => waits(seconds, retryCount),
    },
  });
}
