import { once } from "node:events";
import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostSettings } from "../../host-settings";
import type { Agent, AgentContext } from "../agent";
import { healthServer } from "./health-server";
import { HostFactsReader } from "./host-facts";
import type { HostStatus } from "./host-status";
import { judgeHealth, statusOf } from "./judge-health";

/** How often an address is tried that the host does not have yet: the tailnet comes up after the agents. */
const bindAgainMs = 3000;
/** What only shows over time is looked at this often, whether anybody asks or not. */
const lookEveryMs = 2000;

/** Says on the tailnet and on loopback how the host is. It binds to no other address. */
export const healthAgent: Agent = async (context) => {
  const { settings, signal } = context;
  const reader = new HostFactsReader(settings);
  const read = (): Promise<HostStatus> => statusNow(reader, settings);
  const addresses = boundAddresses(settings);
  await Promise.all([...addresses.map((address) => serveOn(address, context, read)), lookNowAndThen(read, signal)]);
};

/** Loopback, and the host's own tailnet address. */
export function boundAddresses({ host, hosts }: HostSettings): readonly string[] {
  const own = hosts.find(({ name }) => name === host)?.address;
  return [...new Set(["127.0.0.1", ...(own === undefined ? [] : [own])])];
}

/** Collects and judges. */
export async function statusNow(
  reader: HostFactsReader,
  settings: HostSettings,
  now = new Date(),
): Promise<HostStatus> {
  const facts = await reader.read(now);
  const problems = [...judgeHealth(facts, settings, now)];
  const { said: _, ...shown } = facts;
  return { ...shown, status: statusOf(problems), problems, agents: [...(facts.agents ?? [])] };
}

async function serveOn(address: string, { settings, signal, say }: AgentContext, read: () => Promise<HostStatus>) {
  let complained = "";
  while (!signal.aborted) {
    const server = healthServer(read);
    const failure = await listening(server, settings.health.port, address);
    if (failure === undefined) {
      say(`answers on http://${address}:${settings.health.port}/health`);
      await stopped(signal);
      server.close();
      server.closeAllConnections();
      return;
    }
    if (failure !== complained) say(`cannot answer on ${address}:${settings.health.port} yet: ${failure}`);
    complained = failure;
    await sleep(bindAgainMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Nothing when it listens, otherwise why it does not. */
async function listening(server: Server, port: number, address: string): Promise<string | undefined> {
  try {
    server.listen(port, address);
    await once(server, "listening");
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

async function stopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

async function lookNowAndThen(read: () => Promise<HostStatus>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await read();
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
