import { createServer, type IncomingMessage, type Server } from "node:http";

export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An HTTP server on this machine that remembers what it was asked. */
export class LocalServer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
    readonly received: readonly Received[],
  ) {}

  static async start(answer: (request: Received) => Answer | "nothing"): Promise<LocalServer> {
    const received: Received[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        const what = { method, url, body, headers };
        received.push(what);
        const answered = answer(what);
        if (answered === "nothing") return;
        response.writeHead(answered.status, { "content-type": "application/json", ...answered.headers });
        response.end(typeof answered.body === "string" ? answered.body : JSON.stringify(answered.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    return new LocalServer(server, `http://127.0.0.1:${address.port}`, received);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
