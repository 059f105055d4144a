import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { DrillError } from "../../programs/drill-error";
import type { DrillEvidence } from "../evidence/evidence";
import { type DrillRequest, runDrill } from "../run-drill";
import { realDrillSite } from "./real-drill-site";
import { SshHost } from "./ssh-host";

export interface RealDrillRequest extends Omit<DrillRequest, "kind"> {
  /** Asks before something that interrupts service. */
  readonly ask: (question: string) => Promise<boolean>;
  /** Who logs in on the hosts. Default: what `ssh` is configured for. */
  readonly sshUser?: string | undefined;
}

/** A drill on the real hosts, over SSH: the same steps and measurements. */
export async function realDrill(request: RealDrillRequest): Promise<DrillEvidence> {
  const { ask, seed, signal, say, sshUser } = request;
  const { hosts, tailnet } = loadAlaiInventory();
  const connect = async (role: "primary" | "standby") => {
    const host = hosts.hosts.find((one) => one.role === role);
    const address = tailnet.tailnet.devices.find(({ name }) => name === host?.name)?.address;
    if (address === undefined) throw new DrillError(`hosts.yaml and tailnet.yaml have no address of a ${role}`);
    const target = sshUser === undefined ? address : `${sshUser}@${address}`;
    say(`${host?.name}: ${target}`);
    return SshHost.connect(target, hosts.software.directory);
  };
  const [anvil, forge] = [await connect("primary"), await connect("standby")];
  return runDrill({ ...request, kind: "real" }, async (_scenario, _seed, timeline) => {
    const site = realDrillSite({ anvil, forge, timeline, seed, signal, ask });
    return { site, remove: () => site.stop() };
  });
}
