import { ManagedEnvironment, type ManagedEnvironmentArgs } from "@pulumi/azure-native/app";
import { PrivateRecordSet, PrivateZone, VirtualNetworkLink } from "@pulumi/azure-native/privatedns";
import * as pulumi from "@pulumi/pulumi";
import { isProduction, type StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import type { AppsNetwork } from "../network/private-network";
import { sendDiagnostics } from "../observability/diagnostic-settings";
import { type Transform, transformed } from "../transform/transform";
import type { EnvironmentReference } from "./container-spec";

export interface ContainerAppsEnvironmentArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the environment and every app in it. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** The network it is in. Replacement: an environment never changes its subnet. */
  readonly network: AppsNetwork;
  /**
   * `internal`: no public address; apps are reached from the network, and with a router from the tailnet.
   * `external`: a public address for the apps that ask for it. Replacement: fixed at creation. Default: `internal`.
   */
  readonly exposure?: "internal" | "external" | undefined;
  /** Spread over zones, at no price. Replacement: fixed at creation. Default: true in production, otherwise false. */
  readonly zoneRedundant?: boolean | undefined;
  /** The workspace that receives the logs of the environment and its apps. */
  readonly workspaceId: pulumi.Input<string>;
  readonly transform?: { readonly environment?: Transform<ManagedEnvironmentArgs> };
}

/** Where apps and jobs run: in a network, on consumption, with encrypted traffic between apps and with logs. */
export class ContainerAppsEnvironment extends pulumi.ComponentResource implements EnvironmentReference {
  readonly id: pulumi.Output<string>;
  readonly environmentName: pulumi.Output<string>;
  readonly resourceGroupName: pulumi.Output<string>;
  readonly defaultDomain: pulumi.Output<string>;
  readonly domainVerificationId: pulumi.Output<string>;
  readonly internal: boolean;
  readonly networkBlocks: readonly string[];
  /** The name that a tailnet resolves through the network when the environment is internal. */
  readonly privateNames: readonly pulumi.Output<string>[];

  constructor(name: string, args: ContainerAppsEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:containerapps:ContainerAppsEnvironment", name, {}, opts);
    const { context, resourceGroupName } = args;
    this.internal = args.exposure !== "external";
    this.networkBlocks = [args.network.addressSpace];

    const environment = new ManagedEnvironment(
      ...transformed<ManagedEnvironmentArgs>(
        args.transform?.environment,
        name,
        {
          resourceGroupName,
          location: context.location,
          environmentName: physicalName(context, "managedEnvironment", name),
          vnetConfiguration: { infrastructureSubnetId: args.network.appsSubnetId, internal: this.internal },
          publicNetworkAccess: this.internal ? "Disabled" : "Enabled",
          // Without a declared profile, apps that name one are refused.
          workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
          zoneRedundant: args.zoneRedundant ?? isProduction(context),
          peerTrafficConfiguration: { encryption: { enabled: true } },
          peerAuthentication: { mtls: { enabled: true } },
          // Through a diagnostic setting: the other way needs the workspace's key in state.
          appLogsConfiguration: { destination: "azure-monitor" },
        },
        { parent: this },
      ),
    );
    this.id = environment.id;
    this.environmentName = environment.name;
    this.resourceGroupName = pulumi.output(resourceGroupName);
    this.defaultDomain = environment.defaultDomain;
    this.domainVerificationId = environment.customDomainConfiguration.apply(
      (domains) => domains?.customDomainVerificationId ?? "",
    );
    const logs = { context, resourceId: environment.id, workspaceId: args.workspaceId, logs: "allLogs" } as const;
    sendDiagnostics(name, logs, { parent: this });
    if (this.internal) this.#nameApps(name, args, environment);
    this.privateNames = this.internal ? [environment.defaultDomain] : [];
    this.registerOutputs({ id: this.id, defaultDomain: this.defaultDomain });
  }

  /** An internal environment's names resolve only where a zone says so: every app's name leads to the one private address. */
  #nameApps(name: string, args: ContainerAppsEnvironmentArgs, environment: ManagedEnvironment): void {
    const { context, resourceGroupName, network } = args;
    const zone = new PrivateZone(
      `${name}-apps`,
      { resourceGroupName, location: "global", privateZoneName: environment.defaultDomain },
      { parent: this },
    );
    new VirtualNetworkLink(
      `${name}-apps`,
      {
        resourceGroupName,
        location: "global",
        privateZoneName: zone.name,
        virtualNetworkLinkName: physicalName(context, "virtualNetworkLink", name, "apps"),
        virtualNetwork: { id: network.id },
        registrationEnabled: false,
      },
      { parent: this },
    );
    new PrivateRecordSet(
      `${name}-apps`,
      {
        resourceGroupName,
        privateZoneName: zone.name,
        recordType: "A",
        relativeRecordSetName: "*",
        ttl: 300,
        aRecords: [{ ipv4Address: environment.staticIp }],
      },
      { parent: this },
    );
  }
}
