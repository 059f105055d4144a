import { type Answer, LocalServer, type SeenRequest } from "./local-server";

/** An issue as the fake keeps it. */
export interface KeptIssue {
  readonly number: number;
  readonly html_url: string;
  readonly user: { readonly type: string };
  readonly labels: readonly string[];
  body: string;
  state: string;
  readonly comments: string[];
}

/** A pull request that names an issue. */
export interface KeptPullRequest {
  readonly number: number;
  readonly names: number;
  readonly merged: boolean;
  readonly reviews: readonly {
    readonly state: string;
    readonly user: { readonly login: string; readonly type: string };
  }[];
}

/** As much of GitHub's API as incidents need, over HTTP on this machine. */
export class GithubFake {
  readonly issues: KeptIssue[] = [];
  readonly pullRequests: KeptPullRequest[] = [];
  /** Answers in the place of the real ones, one a request, until there are none left. */
  readonly trouble: Answer[] = [];
  private constructor(readonly server: LocalServer) {}

  static async start(): Promise<GithubFake> {
    const server = await LocalServer.start((request) => standIn.answer(request));
    const standIn = new GithubFake(server);
    return standIn;
  }

  /** What a workflow's run finds in its environment. */
  get environment(): Readonly<Record<string, string>> {
    return {
      GITHUB_API_URL: this.server.url,
      GITHUB_REPOSITORY: "alai-org/alai-infra",
      GITHUB_ACTOR: "ann",
      GITHUB_RUN_ID: "77",
      GITHUB_RETRY_MILLISECONDS: "1",
      RUN_TOKEN: "canary-run-token",
    };
  }

  open(body: string, userType = "Bot"): KeptIssue {
    const number = this.issues.length + 1;
    const html_url = `https://github.example/alai-org/alai-infra/issues/${number}`;
    const issue: KeptIssue = {
      ...{ number, html_url, user: { type: userType }, labels: ["break-glass"] },
      ...{ body, state: "open", comments: [] },
    };
    this.issues.push(issue);
    return issue;
  }

  private answer(request: SeenRequest): Answer {
    const trouble = this.trouble.shift();
    if (trouble !== undefined) return trouble;
    const { pathname, searchParams } = new URL(request.path, "http://github");
    const path = pathname.replace("/repos/alai-org/alai-infra", "");
    const number = Number(/\/(\d+)/.exec(path)?.[1]);
    const issue = this.issues.find((kept) => kept.number === number);
    if (path === "/issues" && request.method === "POST") {
      return { status: 201, body: this.open(JSON.parse(request.body).body) };
    }
    if (path === "/issues") {
      return { status: 200, body: this.issues.filter(({ state }) => state === searchParams.get("state")) };
    }
    const size = Number(searchParams.get("per_page"));
    const start = (Number(searchParams.get("page")) - 1) * size;
    const pageOf = (list: readonly object[]) => ({ status: 200, body: list.slice(start, start + size) });
    if (path.endsWith("/timeline")) return pageOf(this.timeline(number));
    if (path.endsWith("/reviews")) {
      return pageOf(this.pullRequests.find((kept) => kept.number === number)?.reviews ?? []);
    }
    if (issue !== undefined && path.endsWith("/comments")) {
      issue.comments.push(JSON.parse(request.body).body);
      return { status: 201 };
    }
    if (issue !== undefined && request.method === "PATCH") {
      issue.state = JSON.parse(request.body).state;
      return { status: 200 };
    }
    return { status: 404 };
  }

  private timeline(issue: number) {
    return this.pullRequests
      .filter(({ names }) => names === issue)
      .map(({ number, merged }) => ({
        event: "cross-referenced",
        source: { issue: { number, pull_request: { merged_at: merged ? "2026-01-01T00:00:00Z" : null } } },
      }));
  }
}
