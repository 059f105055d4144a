import { DrillError } from "../../programs/external-program";
import type { DrillEvidence } from "../evidence/drill-evidence";
import { type DrillRequest, type DrillTarget, runDrill } from "../run-drill";
import { makeRealDrillSite } from "./real-drill-site";
import { UnreachableHostError } from "./ssh-connection";
import { SshHost } from "./ssh-host";

export interface RealDrillRequest extends Omit<DrillRequest, "kind">, DrillTarget {
  /** Asks before something that interrupts service. A no ends the drill. */
  readonly ask: (question: string) => Promise<boolean>;
  /** The SSH user on the hosts. Default: what `ssh` is configured for. */
  readonly sshUser?: string | undefined;
  /** Leaves what was recorded on the hosts. */
  readonly keep: boolean;
}

/** A failover that was ordered comes to its end, or to its own timeout. */
const patienceSeconds = 200;

/**
 * A drill on the real hosts, over SSH: the same steps and measurements.
 *
 * @throws {UnreachableHostError} naming every host that cannot be reached
 */
export async function runRealDrill(request: RealDrillRequest): Promise<DrillEvidence> {
  const { keep, seed } = request;
  const declined = new AbortController();
  const signal = AbortSignal.any([request.signal, declined.signal]);
  const ask = async (question: string): Promise<boolean> => {
    const agreed = await request.ask(question);
    if (!agreed) declined.abort();
    return agreed;
  };
  const [anvil, forge] = await connectHosts(request);
  try {
    return await runDrill({ ...request, signal, kind: "real" }, async (_scenario, _seed, timeline) => {
      const site = makeRealDrillSite({ stack: request.stack.name, anvil, forge, timeline, seed, signal, ask, keep });
      return { site, remove: () => site.stop(), patienceSeconds };
    });
  } finally {
    await Promise.all([anvil.close(), forge.close()]);
  }
}

async function connectHosts({ hosts, say, sshUser }: RealDrillRequest): Promise<readonly [SshHost, SshHost]> {
  const connect = async (role: "primary" | "standby") => {
    const host = hosts.hosts.find((one) => one.role === role);
    if (host?.address === undefined) throw new DrillError(`hosts.yaml and tailnet.yaml have no address of a ${role}`);
    const target = sshUser === undefined ? host.address : `${sshUser}@${host.address}`;
    say(`${host.name}: ${target}`);
    return SshHost.connect(target, hosts.directory);
  };
  const both = await Promise.allSettled([connect("primary"), connect("standby")]);
  const [anvil, forge] = both;
  if (anvil.status === "fulfilled" && forge.status === "fulfilled") return [anvil.value, forge.value];
  await Promise.all(both.map((one) => (one.status === "fulfilled" ? one.value.close() : undefined)));
  throw combineErrors(both.flatMap((one) => (one.status === "rejected" ? [one.reason] : [])));
}

/** One error with all messages; of the kind of the first one. */
function combineErrors([first, ...others]: readonly unknown[]): unknown {
  if (!(first instanceof DrillError) || others.length === 0) return first;
  const message = [first, ...others].map((error) => (error instanceof Error ? error.message : error)).join("\n");
  return first instanceof UnreachableHostError
    ? new UnreachableHostError(message, first.reason)
    : new DrillError(message);
}
