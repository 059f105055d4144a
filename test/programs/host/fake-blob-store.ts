import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { blobListing } from "./blob-listing";

/** How the store treats the next requests. `lost-answer`: it does what is asked, and the connection breaks. */
export type StoreWeather = "fine" | "hangs" | "failing" | "lost-answer" | "forbidden";

/** Blobs with ETags and conditions, as Azure answers for them: a real HTTP server on loopback. */
export class FakeBlobStore {
  weather: StoreWeather = "fine";
  readonly blobs = new Map<string, { readonly text: string; readonly etag: string; readonly modified?: Date }>();
  /** Called before a blob is deleted. */
  onDelete: (path: string) => void = () => undefined;
  private etag = 0;
  private readonly server = createServer((request, response) => void this.answer(request, response));

  async start(): Promise<string> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/devstoreaccount1`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (this.weather === "hangs") return;
    if (this.weather === "failing") return void refuse(response, 500, "InternalError");
    if (this.weather === "forbidden") return void refuse(response, 403, "AuthorizationFailure");
    const url = new URL(request.url ?? "", "http://x");
    const path = url.pathname;
    if (url.searchParams.get("comp") === "list") this.list(url, response);
    else if (request.method === "DELETE") this.delete(path, response);
    else if (request.method === "PUT") this.put(path, request, Buffer.concat(chunks).toString("utf8"), response);
    else this.get(path, request, response);
  }

  private put(path: string, request: IncomingMessage, text: string, response: ServerResponse): void {
    const found = this.blobs.get(path);
    if (request.headers["if-none-match"] === "*" && found) return void refuse(response, 409, "BlobAlreadyExists");
    const expected = request.headers["if-match"];
    if (expected !== undefined && expected !== found?.etag) return void refuse(response, 412, "ConditionNotMet");
    const etag = `"${++this.etag}"`;
    this.blobs.set(path, { text, etag, modified: new Date() });
    if (this.weather === "lost-answer") return void request.socket.destroy();
    response.writeHead(201, { etag }).end();
  }

  private delete(path: string, response: ServerResponse): void {
    this.onDelete(path);
    if (!this.blobs.delete(path)) return void refuse(response, 404, "BlobNotFound");
    response.writeHead(202).end();
  }

  private list(url: URL, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/xml" }).end(blobListing(this.blobs, url));
  }

  private get(path: string, request: IncomingMessage, response: ServerResponse): void {
    const found = this.blobs.get(path);
    if (found === undefined) return void refuse(response, 404, "BlobNotFound");
    if (request.headers["if-none-match"] === found.etag) return void response.writeHead(304).end();
    response.writeHead(200, { etag: found.etag, "content-length": Buffer.byteLength(found.text) }).end(found.text);
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "x-ms-error-code": code, "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
