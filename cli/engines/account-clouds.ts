import { CloudThings } from "../../operations/adopt/cloud-things";
import { RealAccounts } from "../../operations/doctor/accounts";
import type { DoctorClouds } from "../../operations/doctor/examined-stack";
import { AzureReadings } from "../../operations/status/cloud-readings";
import { AzureTakeoverCloud } from "../../operations/takeover/azure-takeover-cloud";
import { EmulatedAccounts } from "../../sandbox/clouds/emulated-accounts";
import { EmulatedReadings } from "../../sandbox/clouds/emulated-readings";
import { EmulatedTakeover } from "../../sandbox/clouds/emulated-takeover";
import { openProjectWorld } from "../../sandbox/project/sandbox-directory";
import { WorldInventory } from "../../sandbox/world/world-inventory";
import type { EngineName } from "../options";

/**
 * The accounts of an engine, whether or not any stack of it can be opened. Whoever opens them closes them.
 *
 * @param project the directory of the project whose sandbox it is
 */
export async function openAccounts(engine: EngineName, project: string): Promise<DoctorClouds & { close(): void }> {
  if (engine === "pulumi") {
    const real = { accounts: new RealAccounts(), readings: new AzureReadings(), takeover: new AzureTakeoverCloud() };
    return { ...real, existing: (githubOwner) => new CloudThings({ githubOwner }), close: () => {} };
  }
  const world = await openProjectWorld(project);
  // Read once: doctor asks for each thing that a stack makes, and nothing changes the world while it does.
  let objects: ReturnType<typeof world.objects> | undefined;
  const open = async () => world;
  return {
    accounts: new EmulatedAccounts(open),
    readings: new EmulatedReadings(open),
    takeover: new EmulatedTakeover(open),
    existing: () => new WorldInventory(() => (objects ??= world.objects())),
    close: () => world.close(),
  };
}
