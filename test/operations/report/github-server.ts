import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isJsonObject } from "../../../lib/json-value";

/** An answer that is given instead of the right one: what GitHub, or a proxy before it, says in bad times. */
export interface Misbehaviour {
  readonly method: string;
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many requests meet it. @default all */
  times?: number;
  /** Never answers. */
  readonly silent?: boolean;
}

interface StoredComment {
  readonly id: number;
  body: string;
  readonly user: { readonly login: string };
  readonly html_url: string;
}

/** GitHub's comments of one pull request, on this machine. */
export class GithubServer {
  readonly comments: StoredComment[] = [];
  readonly requests: string[] = [];
  /** Whose the token is. */
  login: string | undefined = "previews[bot]";
  misbehaviours: Misbehaviour[] = [];
  /** Runs once, after the next request of this method was read and before it is carried out. */
  before: { readonly method: string; readonly act: () => void } | undefined;
  private nextId = 1;
  private constructor(private readonly server: Server) {}

  static async start(): Promise<GithubServer> {
    const server = createServer();
    const github = new GithubServer(server);
    server.on("request", (request, response) => github.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return github;
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the server does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  add(body: string, login = "previews[bot]"): void {
    const id = this.nextId++;
    this.comments.push({ id, body, user: { login }, html_url: `https://example.test/${id}` });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      const method = request.method ?? "";
      this.requests.push(method);
      const wrong = this.misbehaviours.find((each) => each.method === method && (each.times ?? 1) > 0);
      if (wrong !== undefined) {
        if (wrong.times !== undefined) wrong.times -= 1;
        if (wrong.silent === true) return;
        response
          .writeHead(wrong.status, { "content-type": "application/json", ...wrong.headers })
          .end(wrong.body ?? '{"message":"no"}');
        return;
      }
      if (this.before?.method === method) {
        const { act } = this.before;
        this.before = undefined;
        act();
      }
      if (request.url === "/graphql") {
        const data = { viewer: this.login === undefined ? null : { login: this.login } };
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ data }));
        return;
      }
      const parsed: unknown = text === "" ? {} : JSON.parse(text);
      const body = isJsonObject(parsed) && typeof parsed.body === "string" ? parsed.body : "";
      this.carryOut(method, Number(request.url?.split("/").at(-1)), body, response);
    });
  }

  private carryOut(method: string, id: number, body: string, response: ServerResponse): void {
    const json = (status: number, value?: unknown) =>
      response
        .writeHead(status, { "content-type": "application/json" })
        .end(value === undefined ? "" : JSON.stringify(value));
    if (method === "GET") return void json(200, this.comments);
    if (method === "POST") {
      this.add(body);
      return void json(201, this.comments.at(-1));
    }
    const index = this.comments.findIndex((comment) => comment.id === id);
    const comment = this.comments[index];
    if (comment === undefined) return void json(404, { message: "Not Found" });
    if (method === "DELETE") {
      this.comments.splice(index, 1);
      return void json(204);
    }
    comment.body = body;
    return void json(200, comment);
  }
}
