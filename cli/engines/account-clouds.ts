import { RealAccounts } from "../../operations/doctor/accounts";
import type { DoctorClouds } from "../../operations/doctor/examined-stack";
import { AzureReadings } from "../../operations/status/cloud-readings";
import { AzureTakeoverCloud } from "../../operations/takeover/azure-takeover-cloud";
import { EmulatedAccounts } from "../../sandbox/clouds/emulated-accounts";
import { EmulatedReadings } from "../../sandbox/clouds/emulated-readings";
import { EmulatedTakeover } from "../../sandbox/clouds/emulated-takeover";
import { openProjectWorld } from "../../sandbox/project/sandbox-directory";
import type { EngineName } from "../options";
import { projectRoot } from "../project-root";

/** The accounts of an engine, whether or not any stack of it can be opened. Whoever opens them closes them. */
export async function openAccounts(engine: EngineName): Promise<DoctorClouds & { close(): void }> {
  if (engine === "pulumi") {
    const real = { accounts: new RealAccounts(), readings: new AzureReadings(), takeover: new AzureTakeoverCloud() };
    return { ...real, close: () => {} };
  }
  const world = await openProjectWorld(projectRoot);
  const open = async () => world;
  return {
    accounts: new EmulatedAccounts(open),
    readings: new EmulatedReadings(open),
    takeover: new EmulatedTakeover(open),
    close: () => world.close(),
  };
}
