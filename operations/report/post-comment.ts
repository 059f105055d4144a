import { z } from "zod";
import type { GithubClient } from "../../lib/github/github-client";
import { GithubError, GithubNotConfigured, githubError, statusOf } from "../../lib/github/github-error";
import { githubRepository } from "../../lib/github/github-repository";
import { readPages } from "../../lib/github/read-pages";
import {
  type CommentSection,
  commentMarker,
  commentText,
  type ForgedComment,
  mergeComment,
  parseComment,
} from "./markdown/comment";

/** Where a comment goes, and what this run has to say in it. */
export interface CommentRequest {
  readonly owner: string;
  readonly repo: string;
  readonly pullRequest: number;
  readonly stack: string;
  /** Who the token writes as: comments of others are never read or edited. @default only what this call wrote is its own */
  readonly author?: string;
  /** The run's number, which grows: a later run's part is not overwritten. */
  readonly run: number;
  /** Writes this stack's part within a number of characters. */
  readonly write: (budget: number) => string;
}

export interface PostedComment {
  readonly what: "created" | "edited" | "unchanged";
  readonly url: string;
  /** Comments of others that carry the report's mark. They are left alone. */
  readonly forged: readonly ForgedComment[];
}

const commentsSchema = z.array(
  z.object({
    id: z.number(),
    body: z.string().nullish(),
    html_url: z.string(),
    user: z.object({ login: z.string().optional() }).nullish(),
  }),
);
type Comment = z.infer<typeof commentsSchema>[number];

const rounds = 5;
/** A pull request with more comments than this has other problems. */
const mostPages = 50;

/**
 * Edits the pull request's one comment in place, or makes it. When two runs made one each, or one run overwrote what another just wrote, it is
 * noticed and put right: the oldest comment stays, with the latest part of every stack.
 *
 * @throws {@link GithubError} saying what GitHub answered and what to do
 */
export async function postComment(client: GithubClient, request: CommentRequest): Promise<PostedComment> {
  let what: PostedComment["what"] = "unchanged";
  const written = new Set<number>();
  for (let round = 0; round < rounds; round += 1) {
    const marked = await markedComments(client, request);
    const isOwn = ({ id, user }: Comment) =>
      written.has(id) || (request.author !== undefined && user?.login === request.author);
    const comments = marked.filter(isOwn);
    const forged = marked
      .filter((comment) => !isOwn(comment))
      .map(({ html_url: url, user }) => ({ url, author: user?.login ?? "somebody" }));
    const [first, ...others] = comments;
    const before = first === undefined ? "" : joinBodies(comments);
    const body = mergeComment(before, request, forged);
    if (first !== undefined && others.length === 0 && normaliseLines(first.body) === normaliseLines(body))
      return { what, url: first.html_url, forged };
    if (first === undefined) {
      written.add(await create(client, request, body));
      what = "created";
    } else if (await edit(client, request, first, body)) {
      if (what === "unchanged") what = "edited";
      for (const other of others) await remove(client, request, other);
    }
  }
  throw new GithubError(`writing the comment ${target(request)} failed: others kept changing it; run it again`);
}

/** The comments that carry the report's mark, oldest first. Whoever may comment can copy the mark. */
async function markedComments(client: GithubClient, request: CommentRequest): Promise<Comment[]> {
  const { owner, repo, pullRequest: issue_number } = request;
  const { entries } = await readPages(async (query) => {
    const answer: { readonly data: unknown } = await attempt(request, "reading the comments", () =>
      client.request("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", {
        owner,
        repo,
        issue_number,
        ...query,
      }),
    );
    const parsed = commentsSchema.safeParse(answer.data);
    if (parsed.success) return parsed.data;
    const got =
      typeof answer.data === "string" ? `a text that begins "${answer.data.trim().slice(0, 40)}"` : "something else";
    throw new GithubError(
      `reading the comments ${target(request)} failed: expected a list of comments, got ${got}; is GITHUB_API_URL right?`,
    );
  }, mostPages);
  return entries.filter(({ body }) => (body ?? "").startsWith(commentMarker)).sort((left, right) => left.id - right.id);
}

/** GitHub may change line endings and the end of a text. */
function normaliseLines(body: string | null | undefined): string {
  return (body ?? "").replace(/\r\n/g, "\n").trimEnd();
}

/** The parts of all comments, the latest of each stack. */
function joinBodies(comments: readonly Comment[]): string {
  const latest = new Map<string, CommentSection>();
  for (const section of comments.flatMap(({ body }) => parseComment(normaliseLines(body)))) {
    const known = latest.get(section.stack);
    if (known === undefined || known.run < section.run) latest.set(section.stack, section);
  }
  return commentText([...latest.values()]);
}

/** The new comment's id. */
async function create(client: GithubClient, request: CommentRequest, body: string): Promise<number> {
  const { owner, repo, pullRequest: issue_number } = request;
  const { data } = await attempt(request, "writing the comment", () =>
    client.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { owner, repo, issue_number, body }),
  );
  return Number(data.id);
}

/** False when the comment was deleted in the meantime. */
async function edit(client: GithubClient, request: CommentRequest, comment: Comment, body: string): Promise<boolean> {
  const { owner, repo } = request;
  return attempt(request, "writing the comment", async () => {
    try {
      await client.request("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", {
        owner,
        repo,
        comment_id: comment.id,
        body,
      });
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  });
}

async function remove(client: GithubClient, request: CommentRequest, comment: Comment): Promise<void> {
  const { owner, repo } = request;
  await attempt(request, "removing a second comment", async () => {
    try {
      await client.request("DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", {
        owner,
        repo,
        comment_id: comment.id,
      });
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  });
}

async function attempt<T>(request: CommentRequest, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw githubError(error, `${what} ${target(request)}`, "pull-requests: write");
  }
}

function target({ owner, repo, pullRequest }: CommentRequest): string {
  return `on pull request ${pullRequest} of ${owner}/${repo}`;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What became of the comment; `skipped` says why there is none. */
type CommentOutcome = PostedComment | { readonly what: "skipped"; readonly notice: string };

/**
 * Posts a stack's part of the comment to the pull request of the repository that the environment names (`GITHUB_REPOSITORY`,
 * `RUN_TOKEN` or `GITHUB_TOKEN`, `GITHUB_API_URL`). Without a token, as in a pull request from a fork, it says so and posts nothing.
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
    const { owner, name, api } = githubRepository(environment, ["RUN_TOKEN", "GITHUB_TOKEN"]);
    const request = { owner, repo: name, pullRequest, stack, run: runNumber(environment), write };
    return await postComment(api, { ...request, author: await tokenLogin(api, request) });
  } catch (error) {
    if (error instanceof GithubNotConfigured) return skip(`${error.message}; a pull request from a fork has no token`);
    throw error;
  }
}

const viewerSchema = z.object({ data: z.object({ viewer: z.object({ login: z.string() }) }) });

/**
 * Who the token writes as: `name[bot]` for an app's. `GET /user` refuses the tokens of apps (actions/create-github-app-token#258), GraphQL
 * answers them.
 */
async function tokenLogin(client: GithubClient, request: CommentRequest): Promise<string> {
  const answer: { readonly data: unknown } = await attempt(request, "asking whose token this is, for the comment", () =>
    client.request("POST /graphql", { query: "{ viewer { login } }" }),
  );
  const parsed = viewerSchema.safeParse(answer.data);
  if (parsed.success) return parsed.data.data.viewer.login;
  throw new GithubError(
    `GitHub did not say whose the token is, so the comment ${target(request)} cannot be told from a forged one; is GITHUB_API_URL right?`,
  );
}

function skip(why: string): CommentOutcome {
  return { what: "skipped", notice: `no comment was posted: ${why}. The report is in the files.` };
}

/** Grows with every run and every attempt at one; the clock where there is no run. */
function runNumber({ GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: attempt }: Environment): number {
  if (run === undefined || !/^\d+$/.test(run)) return Date.now();
  return Number(run) * 100 + Number(attempt ?? 1);
}
