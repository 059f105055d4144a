import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

export interface ScriptResult {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs a script as a container job does: `node --input-type=module --eval <text>`, with no environment but the one that is given. */
export function runScript(script: string, env: Readonly<Record<string, string>>): Promise<ScriptResult> {
  return runCommand(process.execPath, ["--input-type=module", "--eval", script], env);
}

/** Runs a command with no environment but its path and the one that is given. */
export function runCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ScriptResult> {
  return new Promise((resolve, reject) => {
    const path = process.env.PATH ?? "";
    const child = spawn(command, args, { env: { PATH: path, ...env } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, output }));
  });
}

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server on the loopback that notes what it receives, until the end of the test. No answer leaves the request hanging. */
export async function startServer(
  answer: (request: Received) => Answer | undefined,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const noted = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
      received.push(noted);
      const answered = answer(noted);
      if (answered === undefined) return;
      const { status, body: content, headers } = answered;
      response.writeHead(status, headers);
      response.end(typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content));
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received };
}

/** The identity endpoint and the blob store that a container job sees, in memory. */
export async function startBlobStore(): Promise<{
  readonly env: Record<string, string>;
  readonly blobs: Map<string, Buffer>;
  /** Names of blobs that nobody may read or write. */
  readonly refused: Set<string>;
}> {
  const blobs = new Map<string, Buffer>();
  const refused = new Set<string>();
  const { url } = await startServer((request) => {
    if (request.url.startsWith("/identity?")) {
      const known = request.headers["x-identity-header"] === "header" && request.url.includes("client_id=job-identity");
      return known ? { status: 200, body: { access_token: "storage-token" } } : { status: 401 };
    }
    if (request.headers.authorization !== "Bearer storage-token") return { status: 403 };
    const name = decodeURIComponent(request.url.replace("/container/", ""));
    if (refused.has(name)) return { status: 403 };
    if (request.method === "PUT") {
      blobs.set(name, request.body);
      return { status: 201 };
    }
    const blob = blobs.get(name);
    return blob === undefined ? { status: 404 } : { status: 200, body: blob.toString() };
  });
  return {
    blobs,
    refused,
    env: {
      CONTAINER_URL: `${url}/container`,
      IDENTITY_ENDPOINT: `${url}/identity`,
      IDENTITY_HEADER: "header",
      AZURE_CLIENT_ID: "job-identity",
    },
  };
}
