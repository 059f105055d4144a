import { z } from "zod";
import type { GithubClient } from "../../lib/github/github-client";
import { GithubError, githubError, statusOf } from "../../lib/github/github-error";
import { type PageQuery, readPages } from "../../lib/github/read-pages";
import { isLookOf } from "./drift-look";
import { isIssueOf } from "./issue-text";

const issueSchema = z.object({
  number: z.int(),
  html_url: z.string(),
  state: z.string(),
  title: z.string(),
  body: z.string().nullish(),
  created_at: z.string(),
  pull_request: z.unknown().optional(),
  author_association: z.string().optional(),
  user: z.object({ type: z.string() }).nullish(),
});
export type Issue = z.infer<typeof issueSchema>;

/** At most this many pages of open issues are searched. */
const mostPages = 30;

/** The issues of one repository in which drift is filed. */
export class DriftIssues {
  constructor(
    private readonly client: GithubClient,
    private readonly owner: string,
    private readonly repo: string,
  ) {}

  /** The stack's open issues, oldest first; more than one when two runs made one each. */
  async open(stack: string): Promise<readonly Issue[]> {
    return this.openOf((body) => isIssueOf(stack, body));
  }

  /** The open issue that says when a person looked at the stack last; more than one when two did at the same time. */
  async looks(stack: string): Promise<readonly Issue[]> {
    return this.openOf((body) => isLookOf(stack, body));
  }

  private async openOf(isMeant: (body: string) => boolean): Promise<readonly Issue[]> {
    const { entries } = await readPages((query) => this.page("open", query), mostPages);
    return entries.filter((issue) => isOwn(issue, isMeant)).sort((left, right) => left.number - right.number);
  }

  /** The stack's latest closed issue among those touched last: somebody may have closed it while the drift was still there. */
  async lastClosed(stack: string): Promise<Issue | undefined> {
    const { entries } = await readPages((query) => this.page("closed", query), 1);
    return entries.find((issue) => isOwn(issue, (body) => isIssueOf(stack, body)));
  }

  async create(title: string, body: string): Promise<Issue> {
    return this.attempt("opening the issue", async () => {
      const { owner, repo } = this;
      const answer: { readonly data: unknown } = await this.client.request("POST /repos/{owner}/{repo}/issues", {
        owner,
        repo,
        title,
        body,
        labels: ["drift"],
        // Not retried: when only the answer got lost, a second try would open a second issue.
        request: { retries: 0 },
      });
      return this.parsed(issueSchema, answer.data);
    });
  }

  /** Undefined when the issue was deleted or moved in the meantime. */
  async write(
    issue: Issue,
    change: { readonly title?: string; readonly body?: string; readonly state?: "open" | "closed" },
  ): Promise<Issue | undefined> {
    return this.attempt(`writing issue ${issue.number}`, async () => {
      const { owner, repo } = this;
      try {
        const answer: { readonly data: unknown } = await this.client.request(
          "PATCH /repos/{owner}/{repo}/issues/{issue_number}",
          { owner, repo, issue_number: issue.number, ...change },
        );
        return this.parsed(issueSchema, answer.data);
      } catch (error) {
        if (statusOf(error) === 404 || statusOf(error) === 410) return undefined;
        throw error;
      }
    });
  }

  async comment(issue: Issue, body: string): Promise<void> {
    await this.attempt(`commenting on issue ${issue.number}`, async () => {
      const { owner, repo } = this;
      await this.client.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
        owner,
        repo,
        issue_number: issue.number,
        body,
      });
    });
  }

  private async page(state: "open" | "closed", query: PageQuery): Promise<Issue[]> {
    return this.attempt("reading the issues", async () => {
      const { owner, repo } = this;
      const answer: { readonly data: unknown } = await this.client.request("GET /repos/{owner}/{repo}/issues", {
        owner,
        repo,
        state,
        sort: state === "open" ? "created" : "updated",
        direction: state === "open" ? "asc" : "desc",
        ...query,
      });
      return this.parsed(z.array(issueSchema), answer.data);
    });
  }

  private parsed<T>(schema: z.ZodType<T>, data: unknown): T {
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
    const got = typeof data === "string" ? `a text that begins "${data.trim().slice(0, 40)}"` : "something else";
    throw new GithubError(
      `the issues of ${this.owner}/${this.repo}: expected issues, got ${got}; is GITHUB_API_URL right?`,
    );
  }

  private async attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof GithubError) throw error;
      throw githubError(error, `${what} of ${this.owner}/${this.repo}`, "issues: write");
    }
  }
}

/** Anybody can copy the marker: only issues by bots and by people with rights in the repository count, and no pull requests. */
function isOwn({ body, user, author_association, pull_request }: Issue, isMeant: (body: string) => boolean): boolean {
  const trusted = user?.type === "Bot" || ["OWNER", "MEMBER", "COLLABORATOR"].includes(author_association ?? "");
  return trusted && pull_request === undefined && isMeant(body ?? "");
}
