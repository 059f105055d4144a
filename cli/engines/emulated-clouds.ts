import { readHostsByLease } from "../../operations/failover/primary-address";
import { EmulatedContainerApps } from "../../sandbox/clouds/azure-native/app/container-app-calls";
import { EmulatedAlertProcessing } from "../../sandbox/clouds/azure-native/monitor/alert-processing";
import { EmulatedAlertTester } from "../../sandbox/clouds/emulated-alert-tester";
import { EmulatedReadings } from "../../sandbox/clouds/emulated-readings";
import { EmulatedSecrets } from "../../sandbox/clouds/emulated-secrets";
import { EmulatedSites } from "../../sandbox/clouds/emulated-sites";
import { EmulatedTakeover } from "../../sandbox/clouds/emulated-takeover";
import { openProjectWorld } from "../../sandbox/project/sandbox-directory";
import { WorldInventory } from "../../sandbox/world/world-inventory";
import type { SharedOptions } from "../options";
import { projectDirectory } from "../project-root";
import type { DeploymentEngine } from "./deployment-engine";

/** The real engine with the sandbox's provider plugins: what is asked beside it is asked of the world that the plugins serve. */
export function withEmulatedClouds(engine: DeploymentEngine, options: SharedOptions): DeploymentEngine {
  let world: ReturnType<typeof openProjectWorld> | undefined;
  const open = () => {
    world ??= openProjectWorld(projectDirectory(options));
    return world;
  };
  const containerApps = new EmulatedContainerApps(open);
  const inventory = new WorldInventory(async () => (await open()).objects());
  return {
    ...engine,
    revisionTraffic: containerApps,
    jobRuns: containerApps,
    takeover: new EmulatedTakeover(open),
    releases: {
      ...{ cloud: containerApps, journals: containerApps, clock: containerApps },
      alerts: new EmulatedAlertProcessing(open),
    },
    alertTester: new EmulatedAlertTester(open),
    readings: new EmulatedReadings(open),
    secrets: new EmulatedSecrets(open),
    sites: new EmulatedSites(open),
    readHosts: readHostsByLease(async () => ({ kind: "missing" })),
    readLease: async () => ({ kind: "missing" }),
    inventory,
    existing: () => inventory,
    close: async () => {
      (await world)?.close();
      await engine.close();
    },
  };
}
