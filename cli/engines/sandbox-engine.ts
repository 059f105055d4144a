import { relative, resolve } from "node:path";
import { readHostsByLease } from "../../operations/failover/primary-address";
import { SandboxStack } from "../../sandbox/project/sandbox-stack";
import { installsOnMachines } from "../../stacks/registry";
import type { SharedOptions } from "../options";
import { policyPackDirectories, projectDirectory } from "../project-root";
import type { DeploymentEngine } from "./deployment-engine";

/** A stack on the emulated clouds. */
export async function openSandboxEngine(stackName: string, options: SharedOptions): Promise<DeploymentEngine> {
  const stack = await SandboxStack.open({
    directory: projectDirectory(options),
    stack: stackName,
    policyPacks: policyPackDirectories(options).map((directory) => relative(process.cwd(), resolve(directory)) || "."),
  });
  const { containerApps } = stack;
  return {
    name: "sandbox",
    stack: stackName,
    notices: stack.notices,
    configuration: stack.configurationValues,
    isModelled: (type) => !stack.unmodelledTypes.has(type),
    run: (request) => stack.run({ ...request, continueOnError: installsOnMachines(stackName) }),
    outputs: (showSecrets) => stack.outputs(showSecrets),
    exportedState: () => stack.exportedState(),
    protectedResources: () => stack.protectedResources(),
    forget: () => stack.forget(),
    requireUnlocked: () => stack.requireUnlocked(),
    breakLock: undefined,
    takeover: stack.takeover,
    revisionTraffic: containerApps,
    jobRuns: containerApps,
    releases: {
      ...{ cloud: containerApps, journals: containerApps, clock: containerApps },
      alerts: stack.alertProcessing,
    },
    inventory: stack.inventory,
    updates: stack.updates,
    alertTester: stack.alertTester,
    readings: stack.readings,
    secrets: stack.secretCloud,
    sites: stack.siteCloud,
    readHosts: readHostsByLease(async () => ({ kind: "missing" })),
    states: stack.states,
    existing: () => stack.inventory,
    readLease: async () => ({ kind: "missing" }),
    close: () => stack.close(),
  };
}
