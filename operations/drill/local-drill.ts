import { findLitestream } from "../programs/litestream-program";
import type { DrillEvidence } from "./evidence/drill-evidence";
import { type EndedDirectory, endLeftovers, LocalDirectory } from "./hosts/local-directory";
import { makeLocalDrillSite } from "./hosts/local-drill-site";
import { makeLocalPlan } from "./hosts/local-plan";
import { LocalSite } from "./hosts/local-site";
import { deployHosts } from "./hosts/sandbox-deployment";
import { type DrillRequest, endOnInterrupt, runDrill } from "./run-drill";
import { installAzurite } from "./store/azurite-package";

export interface LocalDrillRequest extends Omit<DrillRequest, "kind"> {
  /** Where programs that had to be fetched are kept. */
  readonly cache: string;
  /** By how much smaller databases are than on the real hosts. */
  readonly scale: number;
  /** Keeps the hosts' directories after the drill, for inspection. */
  readonly keep: boolean;
}

/**
 * A drill on two hosts that are made on this machine from the generated artifacts of the hosts stack. What an earlier one left that
 * was killed is ended first.
 */
export async function runLocalDrill(request: LocalDrillRequest): Promise<DrillEvidence> {
  const { say, signal } = request;
  for (const left of await endLeftovers()) reportLeftover(say, left);
  const litestream = await findLitestream(request.cache);
  const azurite = await installAzurite(request.cache);
  const directory = await LocalDirectory.open({ keep: request.keep });
  say(`Litestream: ${litestream}; hosts: ${directory.path}`);
  try {
    const plan = await makeLocalPlan(directory, litestream);
    const deployed = await endOnInterrupt(deployHosts(plan, say), signal);
    return await runDrill({ ...request, kind: "local" }, async (scenario, seed, timeline) => {
      let undo = (): void => {};
      const prepare = () => {
        undo = scenario.prepare?.(plan) ?? undo;
      };
      const made = LocalSite.create({ plan, deployed, azurite, seed, scale: request.scale, prepare });
      const local = await endOnInterrupt(made, signal);
      const site = makeLocalDrillSite({ local, plan, deployed, timeline, seed, signal });
      const remove = async () => {
        await site.stop();
        await local.remove();
        undo();
      };
      return { site, remove };
    });
  } finally {
    for (const problem of directory.end().problems) say(problem);
  }
}

function reportLeftover(say: DrillRequest["say"], { path, ended, problems }: EndedDirectory): void {
  say(`left by a drill that was killed: ${path}, ${ended} processes ended`);
  for (const problem of problems) say(problem);
}
