import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostSettings } from "../../host-settings";
import type { Agent, AgentContext } from "../agent";
import { readState, stateFile, writeState } from "../state-file";
import { type InferenceHealth, probe, type ServerHealth } from "./inference-health";
import { overrideText, readOverride } from "./override-file";
import { parseTierRouting, type Redirect, redirectsFor } from "./tier-routing";

/** `<root>/state/inference-routing.json`: what the routers send elsewhere now. */
export interface InferenceRouting {
  /** ISO 8601, UTC. */
  readonly checkedAt: string;
  /** The term that the host knew when it asked. A failover waits for its own. */
  readonly term: number;
  readonly redirects: readonly Redirect[];
  /** What could not be understood: the override file, the routing file. */
  readonly problems: readonly string[];
}

/** How often a changed term or override is noticed between two checks. */
const noticeMs = 500;

/**
 * Asks both inference servers every few seconds whether they are there, and writes what the routers need to know: `inference-health.json`
 * and `inference-routing.json`. A person overrules it with `inference-override.json`. A new term and a changed override count at once.
 */
export const inferenceAgent: Agent = async (context) => {
  let before: InferenceHealth = {};
  while (!context.signal.aborted) {
    const seen = noticed(context.settings);
    const health = await checkOnce(context, seen.term);
    for (const line of changes(before, health)) context.say(line);
    before = health;
    await pause(context, seen);
  }
};

async function checkOnce({ settings, signal }: AgentContext, term: number): Promise<InferenceHealth> {
  const overriding = readOverride(stateFile(settings.root, "inference-override.json"), new Date());
  const override = overriding.kind === "read" ? overriding.override : {};
  const health: InferenceHealth = Object.fromEntries(
    await Promise.all(
      settings.inference.servers.map(async (server): Promise<[string, ServerHealth]> => {
        const said = override[server.host];
        if (said === undefined) return [server.host, await probe(server, settings.inference.timeoutSeconds, signal)];
        return [server.host, { healthy: said.healthy, last_check: new Date().toISOString(), override: true }];
      }),
    ),
  );
  if (signal.aborted) return health;
  writeState(stateFile(settings.root, "inference-health.json"), health);
  const problems = overriding.kind === "invalid" ? [overriding.why] : [];
  writeState(stateFile(settings.root, "inference-routing.json"), routing(settings, health, term, problems));
  return health;
}

function routing(
  settings: HostSettings,
  health: InferenceHealth,
  term: number,
  problems: readonly string[],
): InferenceRouting {
  const checkedAt = new Date().toISOString();
  const file = join(settings.root, "etc", "tier-routing.json");
  const document = readState(file);
  const rules = document === undefined ? { problem: "not there, or not JSON" } : parseTierRouting(document);
  if ("problem" in rules) {
    return { checkedAt, term, redirects: [], problems: [...problems, `${file}: ${String(rules.problem)}`] };
  }
  return { checkedAt, term, redirects: redirectsFor(rules, health), problems };
}

function changes(before: InferenceHealth, after: InferenceHealth): readonly string[] {
  return Object.entries(after)
    .filter(([host, { healthy }]) => healthy !== before[host]?.healthy)
    .map(([host, { healthy, why, override }]) => {
      const because = override === true ? " (override)" : why === undefined ? "" : `: ${why}`;
      return `inference on ${host} is ${healthy ? "there" : "away"}${because}`;
    });
}

interface Noticed {
  readonly term: number;
  readonly role: string;
  readonly override: string;
}

function noticed(settings: HostSettings): Noticed {
  const { term, role } = readState(stateFile(settings.root, "role.json")) ?? {};
  return {
    term: typeof term === "number" ? term : 0,
    role: typeof role === "string" ? role : "",
    override: overrideText(stateFile(settings.root, "inference-override.json")),
  };
}

/** Until the next check is due, or something changed that it depends on. */
async function pause({ settings, signal }: AgentContext, seen: Noticed): Promise<void> {
  const due = Date.now() + settings.inference.everySeconds * 1000;
  while (!signal.aborted && Date.now() < due) {
    await sleep(Math.min(noticeMs, due - Date.now()), undefined, { signal }).catch(() => undefined);
    const now = noticed(settings);
    if (now.term !== seen.term || now.role !== seen.role || now.override !== seen.override) return;
  }
}
