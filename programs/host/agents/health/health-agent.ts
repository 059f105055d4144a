import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostSettings } from "../../host-settings";
import type { Agent, AgentContext } from "../agents";
import { HostFactsReader } from "./host-facts";
import type { HostStatus, PublicHealth } from "./host-status";
import { judgeHealth, statusOf } from "./judge-health";

/** How often an address is tried that the host does not have yet: the tailnet comes up after the agents. */
const bindAgainMs = 3000;
/** How often the status is read without a request: some problems only show over time. */
const lookEveryMs = 2000;
/** How long a status answers requests: reading one looks at every database, every agent and the disks. */
const answersForMs = 1000;

/** Says on the tailnet and on loopback how the host is. It binds to no other address. */
export const healthAgent: Agent = async (context) => {
  const { settings, signal } = context;
  const reader = new HostFactsReader(settings);
  const read = shareReads(() => statusNow(reader, settings));
  const addresses = boundAddresses(settings);
  await Promise.all([...addresses.map((address) => serveOn(address, context, read)), refreshRegularly(read, signal)]);
};

/** Loopback, and the host's own tailnet address. */
export function boundAddresses({ host, hosts }: HostSettings): readonly string[] {
  const own = hosts.find(({ name }) => name === host)?.address;
  return [...new Set(["127.0.0.1", ...(own === undefined ? [] : [own])])];
}

/** Reads at most once at a time and once in {@link answersForMs}, however many ask. */
export function shareReads<Status>(read: () => Promise<Status>): () => Promise<Status> {
  let last: { readonly status: Promise<Status>; readonly until: number } | undefined;
  return () => {
    if (last === undefined || performance.now() >= last.until) {
      const status = read();
      last = { status, until: Number.POSITIVE_INFINITY };
      const answerUntil = (until: number) => {
        last = { status, until };
      };
      status.then(
        () => answerUntil(performance.now() + answersForMs),
        () => answerUntil(0),
      );
    }
    return last.status;
  };
}

/** Collects and judges. */
export async function statusNow(
  reader: HostFactsReader,
  settings: HostSettings,
  now = new Date(),
): Promise<HostStatus> {
  const facts = await reader.read(now);
  const problems = [...judgeHealth(facts, settings, now)];
  const { said: _, beside: __, ...shown } = facts;
  return { ...shown, status: statusOf(problems), problems, agents: [...(facts.agents ?? [])] };
}

async function serveOn(address: string, context: AgentContext, read: () => Promise<HostStatus>) {
  const { settings, signal, say } = context;
  let complained = "";
  while (!signal.aborted) {
    const server = healthServer(read, context);
    const failure = await listening(server, settings.health.port, address);
    if (failure === undefined) {
      say(`answers on http://${address}:${settings.health.port}/health`);
      await untilStopped(signal);
      server.close();
      server.closeAllConnections();
      return;
    }
    if (failure !== complained) say(`cannot answer on ${address}:${settings.health.port} yet: ${failure}`);
    complained = failure;
    await sleep(bindAgainMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Undefined once it listens, otherwise why it does not. */
async function listening(server: Server, port: number, address: string): Promise<string | undefined> {
  try {
    server.listen(port, address);
    await once(server, "listening");
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

async function untilStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

async function refreshRegularly(read: () => Promise<HostStatus>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await read();
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Headers that tunnels and proxies set: a request with one does not come from the tailnet. */
const forwardedBy = ["forwarded", "x-forwarded-for", "x-forwarded-host", "cf-connecting-ip", "cf-ray"] as const;

/**
 * Answers `GET /health` with what anybody may know, 200 or 503, and `GET /status` with everything to whoever asks directly. A tunnel that
 * makes the port public makes `/health` public, and nothing else.
 *
 * A page in somebody's browser can have its own name lead to this address (DNS rebinding), and would read the answer as its own: a request
 * that names another host than this one is refused.
 */
export function healthServer(
  read: () => Promise<HostStatus>,
  { settings, say }: Pick<AgentContext, "settings" | "say">,
): Server {
  const names = new Set([...boundAddresses(settings), "localhost", settings.host]);
  const server = createServer((request, response) => {
    answer(request, response, names, read).catch((error: unknown) => {
      // What went wrong names files and programs of the host: it is for the log.
      say(`cannot say how the host is: ${error instanceof Error ? error.message : String(error)}`);
      send(response, 500, { error: "the status cannot be read; the agent's log says why" });
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
  names: ReadonlySet<string>,
  read: () => Promise<HostStatus>,
): Promise<void> {
  const pathname = request.url?.replace(/\?.*$/s, "");
  const isDirect = forwardedBy.every((header) => request.headers[header] === undefined);
  const isForeign = !names.has(request.headers.host?.replace(/:\d+$/, "").toLowerCase() ?? "");
  if (isForeign && isDirect) return send(response, 421, { error: "this is another host" });
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
