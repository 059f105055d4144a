import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { z } from "zod";

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
async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** The record that a failover switches, as Cloudflare's API has it. */
interface ServedRecord {
  readonly id: string;
  readonly zoneId: string;
  readonly name: string;
  readonly ttl: number;
  content: string;
}

/** A change of the record's content. */
interface RecordChange {
  readonly at: number;
  readonly content: string;
}

/** A fake of the part of Cloudflare's API that reads and changes one DNS record, for holders of the token. */
export class DnsRecordServer {
  readonly changes: RecordChange[] = [];
  readonly server: LocalServer;

  constructor(
    readonly record: ServedRecord,
    private readonly token: string,
    address: string,
    port: number,
  ) {
    this.server = new LocalServer(
      async (request, response) => {
        const { status, result } = await this.answer(request);
        const success = status === 200;
        const errors = success ? [] : [{ code: status * 10, message: String(result) }];
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify({ success, errors, messages: [], result: success ? result : null }));
      },
      address,
      port,
    );
  }

  /** Base of the API. */
  get url(): string {
    return `${this.server.url}/client/v4`;
  }

  private async answer(request: IncomingMessage): Promise<{ readonly status: number; readonly result: unknown }> {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return { status: 403, result: "Authentication error" };
    const { id, zoneId } = this.record;
    const path = new URL(request.url ?? "", this.url).pathname;
    if (path !== `/client/v4/zones/${zoneId}/dns_records/${id}`)
      return { status: 404, result: "Record does not exist." };
    if (request.method === "PATCH" || request.method === "PUT") {
      const change: unknown = JSON.parse(await readBody(request));
      if (typeof change === "object" && change !== null && "content" in change) this.change(String(change.content));
    }
    return { status: 200, result: { ...this.record, zone_id: zoneId, type: "A", proxied: false, comment: null } };
  }

  private change(content: string): void {
    if (this.record.content !== content) this.changes.push({ at: Date.now(), content });
    this.record.content = content;
  }
}

/** A fake of a host's inference server: lists its models, and answers a prompt by naming the host. */
export function inferenceServer(host: string, address: string, port: number): LocalServer {
  return new LocalServer(
    async (request, response) => {
      const path = `${request.method} ${request.url}`;
      const answer = await answerTo(path, () => readBody(request), host);
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? { error: `nothing is known of ${path}` }));
    },
    address,
    port,
  );
}

const promptSchema = z.object({ prompt: z.string().optional() });

async function answerTo(path: string, body: () => Promise<string>, host: string): Promise<object | undefined> {
  if (path === "GET /api/tags") return { models: [{ name: "llama3.1:8b", model: "llama3.1:8b" }] };
  if (path !== "POST /api/generate") return undefined;
  const { prompt } = promptSchema.parse(JSON.parse(await body()));
  return { model: "llama3.1:8b", response: `${host} answers: ${prompt ?? ""}`, done: true };
}
