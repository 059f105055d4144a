import { setTimeout as wait } from "node:timers/promises";
import { PulumiStack } from "../../deployment/automation/pulumi-stack";
import { importState } from "../../deployment/automation/run-pulumi";
import { loadProject } from "../../deployment/project/project-file";
import { CloudThings } from "../../operations/adopt/cloud-things";
import { AzureAlertTester } from "../../operations/alert-test";
import { CloudflareSites } from "../../operations/cutover/site-cloud";
import { AzureContainerApps } from "../../operations/delivery/azure-container-apps";
import { CloudInventory } from "../../operations/drift/cloud-inventory";
import { readHosts } from "../../operations/failover/failover-program";
import { readLease } from "../../operations/failover/read-lease";
import { AzureAlertProcessing } from "../../operations/maintenance/alert-processing";
import { BlobJournals, stateContainer } from "../../operations/release/release-journal";
import { AzureSecretCloud } from "../../operations/secrets/secret-cloud";
import { BackendVersions } from "../../operations/state/state-versions";
import { AzureReadings } from "../../operations/status/cloud-readings";
import { lastUpdateOf, readLockOwner } from "../../operations/status/stack-updates";
import { AzureTakeoverCloud } from "../../operations/takeover/azure-takeover-cloud";
import { installsOnMachines, pullRequestOf } from "../../stacks/registry";
import type { SharedOptions } from "../options";
import { policyPackDirectories, projectDirectory } from "../project-root";
import type { DeploymentEngine } from "./deployment-engine";

/**
 * A stack on the real engine: the same commands, real clouds.
 *
 * @param begins whether a preview environment that the backend does not have begins here
 */
export async function openPulumiEngine(
  stackName: string,
  options: SharedOptions,
  begins: boolean,
): Promise<DeploymentEngine> {
  const { project } = loadProject(projectDirectory(options));
  const stack = await (begins && pullRequestOf(stackName) !== undefined
    ? PulumiStack.selectOrMake(project.root, stackName)
    : PulumiStack.select(project.root, stackName));
  const policyPacks = policyPackDirectories(options);
  const containerApps = new AzureContainerApps();
  return {
    name: "pulumi",
    stack: stackName,
    notices: protectionNotices(stack.withoutProtection),
    configuration: undefined,
    isModelled: undefined,
    run: async (request) => {
      const continueOnError = installsOnMachines(stackName);
      return { ...(await stack.run({ ...request, policyPacks, continueOnError })), unchanged: false };
    },
    outputs: (showSecrets) => stack.outputs(showSecrets),
    exportedState: () => stack.exportedState(),
    protectedResources: () => stack.protectedResources(),
    forget: () => stack.forget(),
    requireUnlocked: async () => {},
    breakLock: () => stack.breakLock(),
    revisionTraffic: containerApps,
    jobRuns: containerApps,
    takeover: new AzureTakeoverCloud(),
    releases: {
      cloud: containerApps,
      journals: new BlobJournals(stackName, async () => stateContainer(await stack.backendUrl())),
      alerts: new AzureAlertProcessing(),
      clock: { now: Date.now, wait: (milliseconds, signal) => wait(milliseconds, undefined, signal && { signal }) },
    },
    inventory: new CloudInventory(),
    updates: {
      last: async () => lastUpdateOf(await stack.stack.info(false)),
      lockOwner: async () => readLockOwner(await stack.backendUrl(), project.name, stackName),
    },
    alertTester: new AzureAlertTester(),
    readings: new AzureReadings(),
    secrets: new AzureSecretCloud(),
    sites: new CloudflareSites(),
    readHosts,
    states: new BackendVersions(stack.backendUrl, project.name, stackName, (state) =>
      importState(project.root, stackName, state),
    ),
    existing: (places) => new CloudThings(places),
    readLease,
    close: async () => {},
  };
}

function protectionNotices(lost: readonly string[]): readonly string[] {
  if (lost.length === 0) return [];
  const what = lost.length === 1 ? "1 resource" : `${lost.length} resources`;
  return [
    `an interrupted destroy took the protection off ${what}; the next up, refresh or destroy gives it back first`,
  ];
}
