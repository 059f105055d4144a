import {
  Certificate,
  type CertificateArgs,
  ManagedEnvironment,
  type ManagedEnvironmentArgs,
} from "@pulumi/azure-native/app";
import { PrivateRecordSet, PrivateZone, VirtualNetworkLink } from "@pulumi/azure-native/privatedns";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../../lib/refusal";
import { isProduction, type StackContext } from "../context/stack-context";
import { ManagedIdentity } from "../identity/managed-identity";
import type { SecretReference } from "../key-vault/key-vault";
import { physicalName } from "../naming/physical-name";
import type { AppsNetwork } from "../network/private-network";
import { sendDiagnostics } from "../observability/diagnostic-settings";
import { type Transform, transformed } from "../transform/transform";
import type { EnvironmentReference } from "./container-spec";
import { profileArgs, profileProblems, type WorkloadProfiles } from "./profile";

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
  /**
   * The secret with the certificate that public apps show the edge (PKCS #12); only of an external environment. Azure takes a new one
   * over within 12 hours, without a deployment. Default: no app is public. Source: Azure documentation, "Import certificates from Azure
   * Key Vault to Azure Container Apps".
   */
  readonly certificate?: SecretReference | undefined;
  /** Hardware beside Consumption, by the name that services say. Default: none. @example { gpu: { type: "Consumption-GPU-NC8as-T4" } } */
  readonly profiles?: WorkloadProfiles | undefined;
  /** Spread over zones, at no price. Replacement: fixed at creation. Default: true in production, otherwise false. */
  readonly zoneRedundant?: boolean | undefined;
  /** The workspace that receives the logs of the environment and its apps. */
  readonly workspaceId: pulumi.Input<string>;
  readonly transform?: {
    readonly environment?: Transform<ManagedEnvironmentArgs>;
    readonly certificate?: Transform<CertificateArgs>;
  };
}

/** Where apps and jobs run: in a network, on consumption or other hardware, with encrypted traffic between apps and with logs. */
export class ContainerAppsEnvironment extends pulumi.ComponentResource implements EnvironmentReference {
  readonly id: pulumi.Output<string>;
  readonly environmentName: pulumi.Output<string>;
  readonly resourceGroupName: pulumi.Output<string>;
  readonly defaultDomain: pulumi.Output<string>;
  readonly domainVerificationId: pulumi.Output<string>;
  readonly internal: boolean;
  readonly profiles: WorkloadProfiles;
  readonly certificateId: pulumi.Output<string> | undefined;
  readonly networkBlocks: readonly string[];
  /** The name that a tailnet resolves through the network when the environment is internal. */
  readonly privateNames: readonly pulumi.Output<string>[];

  constructor(name: string, args: ContainerAppsEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:containerapps:ContainerAppsEnvironment", name, {}, opts);
    const { context, resourceGroupName } = args;
    this.internal = args.exposure !== "external";
    this.networkBlocks = [args.network.addressSpace];
    this.profiles = args.profiles ?? {};
    const problems = [...certificateProblems(args), ...profileProblems(this.profiles, context)];
    refuse(`ContainerAppsEnvironment "${name}"`, problems, args);
    const reader = args.certificate === undefined ? undefined : certificateReader(name, args, args.certificate, this);

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
          workloadProfiles: profileArgs(this.profiles),
          zoneRedundant: args.zoneRedundant ?? isProduction(context),
          peerTrafficConfiguration: { encryption: { enabled: true } },
          peerAuthentication: { mtls: { enabled: true } },
          // Through a diagnostic setting: the other way needs the workspace's key in state.
          appLogsConfiguration: { destination: "azure-monitor" },
          ...(reader === undefined ? {} : { identity: { type: "UserAssigned", userAssignedIdentities: [reader.id] } }),
        },
        { parent: this, dependsOn: [...(reader?.granted ?? [])] },
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
    this.certificateId = reader && this.#certificate(name, args, environment, reader);
    if (this.internal) this.#nameApps(name, args, environment);
    this.privateNames = this.internal ? [environment.defaultDomain] : [];
    this.registerOutputs({ id: this.id, defaultDomain: this.defaultDomain });
  }

  /** After the environment: only one that is there finds the way through the network to a closed vault (azure-rest-api-specs#37960). */
  #certificate(
    name: string,
    { resourceGroupName, context, certificate, transform }: ContainerAppsEnvironmentArgs,
    environment: ManagedEnvironment,
    reader: ManagedIdentity,
  ): pulumi.Output<string> {
    return new Certificate(
      ...transformed<CertificateArgs>(
        transform?.certificate,
        `${name}-edge`,
        {
          resourceGroupName,
          location: context.location,
          environmentName: environment.name,
          certificateName: "edge",
          properties: { certificateKeyVaultProperties: { identity: reader.id, keyVaultUrl: certificate?.uri } },
        },
        { parent: this },
      ),
    ).id;
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

/** What is wrong with a certificate for the edge; empty when it is right. */
function certificateProblems({ certificate, exposure }: ContainerAppsEnvironmentArgs): string[] {
  if (certificate === undefined || exposure === "external") return [];
  return ['certificate is for public apps, but the environment has no public address; set exposure to "external"'];
}

/** Who reads the certificate, and nothing else. */
function certificateReader(
  name: string,
  { context, resourceGroupName }: ContainerAppsEnvironmentArgs,
  { name: secret, id }: SecretReference,
  parent: pulumi.Resource,
): ManagedIdentity {
  const roles = [{ on: secret, role: "Key Vault Secrets User", scope: id } as const];
  return new ManagedIdentity(`${name}-environment`, { context, resourceGroupName, roles }, { parent });
}
