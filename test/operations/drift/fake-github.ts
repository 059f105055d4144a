import { z } from "zod";
import { type Answer, LocalServer, type Received } from "./local-server";

export interface FakeIssue {
  number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  author_association: string;
  labels: readonly string[];
  created_at: string;
  comments: string[];
}

const written = z.object({
  title: z.string().optional(),
  body: z.string().optional(),
  state: z.enum(["open", "closed"]).optional(),
  labels: z.array(z.string()).optional(),
});

/** As much of GitHub as filing needs, on this machine; webhooks too. */
export class FakeGithub {
  readonly issues: FakeIssue[] = [];
  /** What the channel and the pager were sent. */
  readonly messages: { readonly to: string; readonly text: string }[] = [];
  /** Answers instead of GitHub, when it has something to say; `nothing` keeps the request waiting. */
  interfere: (request: Received) => Answer | "nothing" | undefined = () => undefined;
  private server: LocalServer | undefined;

  async start(): Promise<void> {
    this.server = await LocalServer.start((request) => this.interfere(request) ?? this.answer(request));
  }

  get url(): string {
    return this.server?.url ?? "";
  }

  get requests(): readonly Received[] {
    return this.server?.received ?? [];
  }

  async close(): Promise<void> {
    await this.server?.close();
  }

  add(issue: Partial<FakeIssue>): FakeIssue {
    const number = this.issues.length + 1;
    const made: FakeIssue = {
      number,
      title: "",
      body: "",
      state: "open",
      author_association: "OWNER",
      labels: [],
      created_at: "2026-01-01T00:00:00Z",
      comments: [],
      ...issue,
    };
    this.issues.push(made);
    return made;
  }

  private answer({ method, url, body }: Received): Answer {
    const path = url.split("?")[0] ?? "";
    if (path.startsWith("/hook/")) {
      this.messages.push({ to: path.slice(6), text: z.object({ text: z.string() }).parse(JSON.parse(body)).text });
      return { status: 200, body: "ok" };
    }
    const match = /^\/repos\/owner\/repo\/issues(?:\/(\d+))?(\/comments)?$/.exec(path);
    if (match === null) return { status: 404, body: { message: "Not Found" } };
    if (match[1] === undefined) return method === "POST" ? this.create(body) : this.list(url);
    const issue = this.issues.find(({ number }) => number === Number(match[1]));
    if (issue === undefined) return { status: 404, body: { message: "Not Found" } };
    const { title, body: text, state } = written.parse(JSON.parse(body));
    if (match[2] !== undefined) {
      issue.comments.push(text ?? "");
      return { status: 201, body: {} };
    }
    Object.assign(issue, title === undefined ? {} : { title }, text === undefined ? {} : { body: text });
    if (state !== undefined) issue.state = state;
    return { status: 200, body: shown(issue) };
  }

  private create(body: string): Answer {
    const { title = "", body: text = "", labels = [] } = written.parse(JSON.parse(body));
    return { status: 201, body: shown(this.add({ title, body: text, labels, created_at: new Date().toISOString() })) };
  }

  private list(url: string): Answer {
    const query = new URL(url, "http://localhost").searchParams;
    const page = Number(query.get("page"));
    const size = Number(query.get("per_page"));
    const matching = this.issues.filter(({ state }) => state === query.get("state"));
    return { status: 200, body: matching.slice((page - 1) * size, page * size).map(shown) };
  }
}

function shown({ comments: _comments, labels: _labels, ...issue }: FakeIssue): object {
  return { ...issue, html_url: `https://github.example/owner/repo/issues/${issue.number}`, user: { type: "User" } };
}
