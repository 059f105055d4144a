import { askAgain } from "../../../../lib/retry";

/** Whether an inference server answers; the routers read it before every dispatch ("ANVIL SPOF Elimination Plan" 4.3). */
export interface ServerHealth {
  readonly healthy: boolean;
  /** ISO 8601, UTC. */
  readonly last_check: string;
  /** Why it is not healthy. */
  readonly why?: string | undefined;
  /** A person said so; the server was not asked. */
  readonly override?: true | undefined;
}

/** `<root>/state/inference-health.json`: by host. @example {"anvil":{"healthy":true,"last_check":"2026-04-20T20:00:00Z"}} */
export type InferenceHealth = Readonly<Record<string, ServerHealth>>;

export interface ProbedServer {
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

/** Nothing when it answers 200, otherwise what it did instead. */
async function ask(server: ProbedServer, timeoutSeconds: number, stopping: AbortSignal): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const response = await fetch(new URL(server.healthPath, server.url), {
      signal: AbortSignal.any([timeout, stopping]),
      redirect: "error",
    });
    // A server that hangs after its first line serves nobody.
    await response.arrayBuffer();
    return response.status === 200 ? undefined : `answers ${response.status}`;
  } catch {
    return timeout.aborted ? `no answer within ${timeoutSeconds} s` : "no connection";
  }
}
