import { ResourceGroup } from "@pulumi/azure-native/resources";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "../../components/context/stack-context";
import { stackTransformation } from "../../components/context/stack-transformation";
import { Network } from "../../components/network/network";
import { LogAnalytics } from "../../components/observability/log-analytics";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { privateServiceNames } from "../../lib/private-services";
import type { FaultSchedule } from "../../sandbox/faults/faulty-provider";
import { MemoryWorld, type WorldObject } from "../../sandbox/world/world";
import { SandboxDeployment } from "../sandbox/deploy/sandbox-deployment";

export const subscriptionId = "/subscriptions/00000000-0000-4000-8000-000000000001";
export const tenantId = "00000000-0000-4000-8000-000000000002";
/** Who deploys, and administers the databases. */
export const deployer = {
  name: "deploy",
  objectId: "10000000-0000-4000-8000-000000000001",
  type: "ServicePrincipal",
} as const;

/** A preview environment, so that `destroy` needs no unprotecting. */
export const context: StackContext = {
  project: "alai",
  environment: "dev",
  lasting: false,
  location: "swedencentral",
  tags: { Project: "alai", Environment: "dev", ManagedBy: "pulumi", Team: "platform", CostCenter: "infra" },
};

/** A zone that is there. */
export const aZone = {
  cloud: "cloudflare",
  kind: "cloudflare:index/zone:Zone",
  id: "c0de0000000000000000000000000001",
  properties: { name: "alai.no", status: "active", type: "full" },
} as const satisfies WorldObject;

/** What every component is given. */
export interface Surroundings {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Output<string>;
  readonly workspaceId: pulumi.Output<string>;
  readonly network: Network;
}

/** Deploys one component, in a group with a network and a workspace, on an emulated world of its own. */
export class AzureStack {
  readonly world: MemoryWorld;
  /** What goes wrong in the next run. Default: nothing. */
  faults: FaultSchedule | undefined;
  private readonly sandbox: SandboxDeployment;

  constructor(seed: readonly WorldObject[] = [], policies: readonly PolicyAnalyzer[] = []) {
    this.world = new MemoryWorld(seed);
    this.sandbox = new SandboxDeployment({ world: this.world, policies, faults: () => this.faults });
  }

  up(make: (around: Surroundings) => unknown) {
    return this.sandbox.up(() => make(surroundings()));
  }

  tryUp(make: (around: Surroundings) => unknown) {
    return this.sandbox.tryUp(() => make(surroundings()));
  }

  destroy() {
    return this.sandbox.destroy();
  }

  upTwice(make: (around: Surroundings) => unknown) {
    return this.sandbox.upTwice(() => make(surroundings()));
  }

  /** Why a program fails. Throws when it does not. */
  async refusal(make: (around: Surroundings) => unknown): Promise<string> {
    const failed = await this.tryUp(make);
    if (failed.result === "succeeded") throw new Error("the deployment succeeded");
    return failed.messages.join("\n");
  }

  resources() {
    return this.sandbox.resources();
  }

  /** The inputs of the resources of a type, by logical name. */
  async inputs(type: string) {
    const found = (await this.sandbox.resources()).filter((resource) => resource.type === type);
    return new Map(found.map((resource) => [resource.urn.split("::").at(-1) ?? "", resource.inputs]));
  }
}

function surroundings(): Surroundings {
  pulumi.runtime.registerStackTransformation(stackTransformation(context));
  const group = new ResourceGroup("group", { resourceGroupName: "alai-dev", location: context.location });
  const args = { context, resourceGroupName: group.name };
  const network = new Network("net", {
    ...args,
    addressSpace: "10.20.0.0/16",
    subnets: { apps: "10.20.0.0/23", postgres: "10.20.2.0/28", privateEndpoints: "10.20.3.0/26" },
    privateDnsZones: privateServiceNames,
  });
  const logs = new LogAnalytics("logs", args);
  return { ...args, network, workspaceId: logs.id };
}
