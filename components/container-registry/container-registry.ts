import { CacheRule, Registry, type RegistryArgs } from "@pulumi/azure-native/containerregistry";
import * as pulumi from "@pulumi/pulumi";
import { stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import type { PrivateNetwork } from "../network/private-network";
import { sendDiagnostics } from "../observability/diagnostic-settings";
import { onceReachable, plannedEndpoint } from "../reach/private-endpoint";
import { plainAddress, type Reach, type ReachPlan, reachPlan } from "../reach/reach-plan";
import { type Transform, transformed } from "../transform/transform";
import { officialImages } from "./public-images";

/**
 * How large a registry is, and with it whether it can be closed: only Premium takes private endpoints and address rules.
 * List prices for Sweden Central: Basic about 5, Standard 20, Premium 50 USD a month.
 */
export type RegistrySize =
  | { readonly sku: "Basic" | "Standard" }
  | {
      readonly sku: "Premium";
      /** Who reaches the registry, and how; at least one path. */
      readonly reachedBy: readonly Reach[];
      /** Needed as soon as a path leads through the network. */
      readonly network?: PrivateNetwork | undefined;
      /** Replacement: zone redundancy is fixed at creation. Default: false. */
      readonly zoneRedundant?: boolean | undefined;
    };

export interface ContainerRegistryArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the registry and its images. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** The workspace that receives the logs. */
  readonly workspaceId: pulumi.Input<string>;
  /** Stated, because it decides cost and closedness. @example { sku: "Basic" } */
  readonly size: RegistrySize;
  readonly transform?: { readonly registry?: Transform<RegistryArgs> };
}

/**
 * A registry that images are pulled from by identity only: no admin user, nothing anonymous. Official public images are in it, too, by
 * their whole names: it fetches one when it is first asked for, and keeps it. See {@link publicImages}.
 */
export class ContainerRegistry extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** @example "alaidev1f9d0c3a.azurecr.io" */
  readonly loginServer: pulumi.Output<string>;
  /** The host name that leads to the registry: what a tailnet resolves through the network when it is private. */
  readonly privateNames: readonly pulumi.Output<string>[];

  constructor(name: string, args: ContainerRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:containerregistry:ContainerRegistry", name, {}, opts);
    const { context, resourceGroupName, size } = args;
    const plan = size.sku === "Premium" ? premiumReach(name, size.reachedBy, size.network) : undefined;

    const registry = new Registry(
      ...transformed<RegistryArgs>(
        args.transform?.registry,
        name,
        {
          resourceGroupName,
          location: context.location,
          registryName: physicalName(context, "containerRegistry", name),
          sku: { name: size.sku },
          adminUserEnabled: false,
          anonymousPullEnabled: false,
          ...(size.sku === "Premium" ? { zoneRedundancy: size.zoneRedundant === true ? "Enabled" : "Disabled" } : {}),
          ...(plan === undefined ? {} : closed(plan)),
        },
        { parent: this, ...stateful(context) },
      ),
    );
    this.id = registry.id;
    const repository = `${officialImages}/*`;
    const copied = new CacheRule(
      `${name}-official`,
      {
        resourceGroupName,
        registryName: registry.name,
        cacheRuleName: "official",
        ...{ sourceRepository: repository, targetRepository: repository },
      },
      { parent: this },
    );
    const network = size.sku === "Premium" ? size.network : undefined;
    const way = { context, resourceGroupName, network, service: "registry", targetId: registry.id } as const;
    const endpoint = plan === undefined ? undefined : plannedEndpoint(name, plan, way, this);
    // Known once it has what is asked for there.
    const server = pulumi.all([registry.loginServer, copied.id]).apply(([host]) => host);
    this.loginServer = onceReachable(server, endpoint);
    this.privateNames = endpoint === undefined ? [] : [registry.loginServer];

    const logs = { context, resourceId: registry.id, workspaceId: args.workspaceId, logs: "allLogs" } as const;
    sendDiagnostics(name, logs, { parent: this });
    this.registerOutputs({ id: this.id, loginServer: this.loginServer });
  }
}

function premiumReach(name: string, reachedBy: readonly Reach[], network: PrivateNetwork | undefined): ReachPlan {
  return reachPlan(`ContainerRegistry "${name}"`, reachedBy, { network: network !== undefined });
}

function closed(plan: ReachPlan): Partial<RegistryArgs> {
  const open = plan.addresses.length > 0;
  return {
    publicNetworkAccess: open ? "Enabled" : "Disabled",
    networkRuleSet: {
      defaultAction: "Deny",
      ipRules: plan.addresses.map((address) => ({ action: "Allow", iPAddressOrRange: plainAddress(address) })),
    },
    // Azure's own services (builds, scans) get no way around the rules.
    networkRuleBypassOptions: "None",
    policies: {
      exportPolicy: { status: open ? "enabled" : "disabled" },
      azureADAuthenticationAsArmPolicy: { status: "disabled" },
      retentionPolicy: { status: "enabled", days: 30 },
    },
  };
}
