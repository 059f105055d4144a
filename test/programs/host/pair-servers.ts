import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { healthServer } from "../../../programs/host/agents/health/health-agent";
import { parseLease, printLease } from "../../../programs/host/lease/lease-document";
import type { PairModel } from "./pair-model";
import { pairSettings } from "./pair-settings";

/** The model's store, record and hosts as real HTTP servers on loopback. */
export interface PairServers {
  readonly storePort: number;
  readonly cloudflarePort: number;
  readonly healthPorts: Readonly<Record<"anvil" | "forge", number>>;
  /** Bearer tokens that the fake Cloudflare API was shown. */
  readonly tokens: Set<string>;
  close(): Promise<void>;
}

export async function servePair(model: PairModel, token: string): Promise<PairServers> {
  const tokens = new Set<string>();
  const environment = model.environment();
  const host = (name: "anvil" | "forge"): Server =>
    healthServer(
      async () => {
        const answer = await environment.ask({ name, address: "", intendedRole: "standby", healthUrl: "" });
        if (answer.kind === "silent") throw new Error(answer.why);
        return answer.status;
      },
      { settings: pairSettings({ host: name }), say: () => undefined },
    );
  const servers = {
    store: createServer(blobListener(model)),
    cloudflare: createServer(recordListener(model, token, tokens)),
    anvil: host("anvil"),
    forge: host("forge"),
  };
  const [storePort = 0, cloudflarePort = 0, anvil = 0, forge = 0] = await Promise.all(
    Object.values(servers).map(listening),
  );
  return {
    storePort,
    cloudflarePort,
    healthPorts: { anvil, forge },
    tokens,
    close: async () => {
      for (const server of Object.values(servers)) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return isInternet(address) ? address.port : 0;
}

function isInternet(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

/** One blob with an ETag, as Azure answers for it. */
function blobListener(model: PairModel): RequestListener {
  const { lease } = model.environment();
  return async (request, response) => {
    const text = await bodyOf(request);
    if (request.method === "GET") {
      const read = await lease.read();
      if (read.kind !== "found") return refuse(response, 404, "BlobNotFound");
      const body = printLease(read.lease);
      response.writeHead(200, { etag: `"${read.etag}"`, "content-length": Buffer.byteLength(body) });
      return void response.end(body);
    }
    const written = await lease.replace(parseLease(text), String(request.headers["if-match"]).replaceAll('"', ""));
    if (written.kind !== "won") return refuse(response, 412, "ConditionNotMet");
    response.writeHead(201, { etag: `"${written.etag}"` });
    response.end();
  };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "x-ms-error-code": code, "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function recordListener(model: PairModel, token: string, tokens: Set<string>): RequestListener {
  return async (request, response) => {
    const text = await bodyOf(request);
    const given = String(request.headers.authorization).replace("Bearer ", "");
    tokens.add(given);
    response.setHeader("content-type", "application/json");
    if (given !== token) {
      response.statusCode = 403;
      return void response.end(
        JSON.stringify({ success: false, errors: [{ code: 10000, message: "Authentication error" }] }),
      );
    }
    if (request.method === "PATCH") {
      model.name = JSON.parse(text).content;
      model.nameSwitches += 1;
    }
    const result = { id: "record", name: "primary.net.example.com", type: "A", content: model.name, ttl: 60 };
    response.end(JSON.stringify({ success: true, errors: [], result }));
  };
}

async function bodyOf(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
