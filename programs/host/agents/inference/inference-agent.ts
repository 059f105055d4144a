import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { askAgain } from "../../../../lib/retry";
import type { HostSettings } from "../../host-settings";
import type { Agent, AgentContext } from "../agents";
import { readState, stateFile, writeState } from "../state-file";
import { overrideText, readOverride } from "./override-file";
import { keepRouterFile, tellRouter } from "./router-files";

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
    const seen = initialNotice(context.settings);
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
  const untold = tellRouter(settings, health);
  const problems = [
    ...(overriding.kind === "invalid" ? [overriding.why] : []),
    ...(untold === undefined ? [] : [untold]),
  ];
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
  const unkept = keepRouterFile(settings, rules);
  const allProblems = unkept === undefined ? problems : [...problems, unkept];
  return { checkedAt, term, redirects: redirectsFor(rules, health), problems: allProblems };
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

function initialNotice(settings: HostSettings): Noticed {
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
    const now = initialNotice(settings);
    if (now.term !== seen.term || now.role !== seen.role || now.override !== seen.override) return;
  }
}

const ruleSchema = z.record(z.string(), z.unknown());

/** The part of `<root>/etc/tier-routing.json` that says what replaces what ("ANVIL SPOF Elimination Plan" 4.2). */
const tierRoutingSchema = z.looseObject({
  ollamaHosts: z.record(z.string(), z.looseObject({ url: z.url() })),
  failoverRules: z.record(z.string().regex(/^.+-down$/, 'expected "<host>-down"'), ruleSchema),
});
type TierRouting = z.output<typeof tierRoutingSchema>;

/** Requests of these tiers go elsewhere while a server is away. */
interface Redirect {
  readonly from: string;
  /** Another server's host, `claude`, or `nobody` where no rule has an answer. */
  readonly to: string;
  readonly tiers: readonly string[];
  /** Which model stands in for which; absent: the same ones. */
  readonly models?: Readonly<Record<string, string>> | undefined;
}

export function parseTierRouting(document: unknown): TierRouting | { readonly problem: string } {
  const { success, data, error } = tierRoutingSchema.safeParse(document);
  if (success) return data;
  return { problem: error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ") };
}

/** What has to go elsewhere now. A replacement that is away itself is replaced by its own rule. */
export function redirectsFor({ failoverRules }: TierRouting, health: InferenceHealth): readonly Redirect[] {
  return Object.entries(failoverRules).flatMap(([name, rule]) => {
    const from = name.replace(/-down$/, "");
    if (health[from]?.healthy !== false) return [];
    const tiers = z.array(z.string()).safeParse(rule[`redirect_${from}_tiers`]).data ?? [];
    return [{ from, tiers, ...replacement(failoverRules, health, from, new Set()) }];
  });
}

function replacement(
  rules: TierRouting["failoverRules"],
  health: InferenceHealth,
  from: string,
  tried: Set<string>,
): Pick<Redirect, "to" | "models"> {
  const rule = rules[`${from}-down`] ?? {};
  tried.add(from);
  if (rule.to_claude === true) return { to: "claude" };
  for (const [key, value] of Object.entries(rule)) {
    const to = /^to_(.+)_models$/.exec(key)?.[1];
    if (to === undefined) continue;
    if (health[to]?.healthy !== false) return { to, models: z.record(z.string(), z.string()).safeParse(value).data };
    if (!tried.has(to)) return replacement(rules, health, to, tried);
  }
  return { to: "nobody" };
}

/** Whether an inference server answers; the routers read it before every dispatch ("ANVIL SPOF Elimination Plan" 4.3). */
interface ServerHealth {
  readonly healthy: boolean;
  /** ISO 8601, UTC. */
  readonly last_check: string;
  /** Why it is not healthy. */
  readonly why?: string | undefined;
  /** A person said so; the server was not asked. */
  readonly override?: true | undefined;
}

/** `<root>/state/inference-health.json`: by host. @example {"anvil":{"healthy":true,"last_check":"2026-04-20T20:00:00Z"}} */
type InferenceHealth = Readonly<Record<string, ServerHealth>>;

interface ProbedServer {
  readonly host: string;
  readonly url: string;
  readonly healthPath: string;
}

/** One refused connection is no outage: a server is asked twice before it counts as gone. */
const tries = 2;

/** Asks a server whether it is there. Never throws. */
export async function probe(
  server: ProbedServer,
  timeoutSeconds: number,
  stopping: AbortSignal,
): Promise<ServerHealth> {
  const plan = { tries, firstWaitMs: 0, signal: stopping };
  const why = await askAgain(
    () => ask(server, timeoutSeconds, stopping),
    plan,
    (answer) => answer === undefined,
  );
  const last_check = new Date().toISOString();
  return why === undefined ? { healthy: true, last_check } : { healthy: false, last_check, why };
}

/** Undefined when it answers 200, otherwise what it did instead. */
async function ask(server: ProbedServer, timeoutSeconds: number, stopping: AbortSignal): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const response = await fetch(new URL(server.healthPath, server.url), {
      signal: AbortSignal.any([timeout, stopping]),
      redirect: "error",
    });
    // A server that hangs after its first line does not serve.
    await response.arrayBuffer();
    return response.status === 200 ? undefined : `answers ${response.status}`;
  } catch {
    return timeout.aborted ? `no answer within ${timeoutSeconds} s` : "no connection";
  }
}
