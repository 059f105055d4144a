import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findLitestream } from "../programs/litestream-program";
import type { DrillEvidence } from "./evidence/evidence";
import { localDrillSite } from "./hosts/local-drill-site";
import { localPlan } from "./hosts/local-plan";
import { LocalSite } from "./hosts/local-site";
import { deployHosts } from "./hosts/sandbox-deployment";
import { type DrillRequest, runDrill } from "./run-drill";
import { installedAzurite } from "./store/azurite-package";

export interface LocalDrillRequest extends Omit<DrillRequest, "kind"> {
  /** Where programs that had to be fetched are kept. */
  readonly cache: string;
  /** By how much smaller databases are than on the real hosts. */
  readonly scale: number;
  /** Keeps the hosts' directories for a look at them. */
  readonly keep: boolean;
}

/** A drill on two hosts that are made on this machine from the generated artifacts of the hosts stack. */
export async function localDrill(request: LocalDrillRequest): Promise<DrillEvidence> {
  const { say, signal } = request;
  const litestream = await findLitestream(request.cache);
  const azurite = await installedAzurite(request.cache);
  // Short, because sockets lie below it.
  const directory = mkdtempSync(join("/tmp", "drill-"));
  say(`Litestream: ${litestream}; hosts: ${directory}`);
  try {
    const plan = await localPlan(directory, litestream);
    const deployed = await deployHosts(plan, say);
    return await runDrill({ ...request, kind: "local" }, async (scenario, seed, timeline) => {
      let undo = (): void => {};
      const prepare = () => {
        undo = scenario.prepare?.(plan) ?? undo;
      };
      const local = await LocalSite.create({ plan, deployed, azurite, seed, scale: request.scale, prepare });
      const site = localDrillSite({ local, plan, deployed, timeline, seed, signal });
      const remove = async () => {
        await site.stop();
        await local.remove();
        undo();
      };
      return { site, remove };
    });
  } finally {
    if (!request.keep) rmSync(directory, { recursive: true, force: true });
  }
}
