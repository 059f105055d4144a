import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as a test looks at it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server on this machine that answers as a test says, and remembers what it was asked. */
export class LocalServer {
  readonly seen: SeenRequest[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param answer undefined leaves the request without an answer */
  static async start(answer: (request: SeenRequest, url: string) => Answer | undefined): Promise<LocalServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address: AddressInfo | string | null = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    const local = new LocalServer(server, `http://127.0.0.1:${address.port}`);
    server.on("request", async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const seen = { method: request.method ?? "", path: request.url ?? "", body, headers: request.headers };
      local.seen.push(seen);
      const given = answer(seen, local.url);
      if (given === undefined) return;
      const text = typeof given.body === "string" ? given.body : JSON.stringify(given.body ?? {});
      response.writeHead(given.status, { "content-type": "application/json", ...given.headers });
      response.end(text);
    });
    return local;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Does something with a server that is gone afterwards. */
export async function served<Result>(
  answer: (request: SeenRequest) => Answer,
  use: (url: string, server: LocalServer) => Promise<Result>,
) {
  const server = await LocalServer.start(answer);
  try {
    return await use(server.url, server);
  } finally {
    await server.stop();
  }
}
