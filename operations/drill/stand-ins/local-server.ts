import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";

/** An HTTP server on a loopback address that can be switched off as by a power cut, and on again. */
export class LocalServer {
  private server: Server | undefined;

  constructor(
    private readonly listener: RequestListener,
    readonly address: string,
    readonly port: number,
  ) {}

  get url(): string {
    return `http://${this.address}:${this.port}`;
  }

  async on(): Promise<void> {
    if (this.server !== undefined) return;
    const server = createServer(this.listener);
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(this.port, this.address, resolve));
    this.server = server;
  }

  async off(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** What was sent with a request, as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
