import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { HostStatus, PublicHealth } from "./host-status";

/** Set by tunnels and proxies. Who comes through one is not on the tailnet. */
const forwardedBy = ["forwarded", "x-forwarded-for", "x-forwarded-host", "cf-connecting-ip", "cf-ray"] as const;

/**
 * Answers `GET /health` with what anybody may know, 200 or 503, and `GET /status` with everything to whoever asks directly. A tunnel that
 * makes the port public makes `/health` public, and nothing else.
 */
export function healthServer(read: () => Promise<HostStatus>): Server {
  const server = createServer((request, response) => {
    answer(request, response, read).catch((error: unknown) => {
      send(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  // A client that never finishes its request must not keep a stopping agent alive.
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 1000;
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  read: () => Promise<HostStatus>,
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const isDirect = forwardedBy.every((header) => request.headers[header] === undefined);
  if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, { error: "GET only" });
  if (pathname === "/health") {
    const { status, host, ts } = await read();
    const health: PublicHealth = { status, host, ts };
    return send(response, status === "failing" ? 503 : 200, health);
  }
  if (pathname === "/status" && isDirect) {
    const status = await read();
    return send(response, status.status === "failing" ? 503 : 200, status);
  }
  send(response, 404, { error: "there are /health and, on the tailnet, /status" });
}

function send(response: ServerResponse, code: number, document: object): void {
  response.writeHead(code, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(document)}\n`);
}
