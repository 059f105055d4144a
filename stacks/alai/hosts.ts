import { getZoneOutput } from "@pulumi/cloudflare/getZone";
import type { Inputs, Output, StackReference } from "@pulumi/pulumi";
import { Budget } from "../../components/budget/budget";
import type { EnvironmentReference } from "../../components/container-apps/container-spec";
import { publicImages } from "../../components/container-registry/public-images";
import { dailyWorkflows } from "../../components/delivery/delivery-plan";
import { FailoverName } from "../../components/failover-name/failover-name";
import { Heartbeat } from "../../components/heartbeat/heartbeat";
import type { SecondWatcher } from "../../components/heartbeat/second-watcher";
import { CommitQueue } from "../../components/repository/repository-files";
import { makeResourceGroup } from "../../components/resource-group/resource-group";
import { Tailnet } from "../../components/tailnet/tailnet";
import type { SplitDns } from "../../components/tailnet-router/tailnet-router";
import { entryOf } from "../inventory/files";
import { alertAddressesOf } from "../settings";
import { type StackConfiguration, stackReference } from "../stack-configuration";
import type { AlaiInventory } from "./inventory";
import { deployReplication } from "./replication";
import { secretOf, type WatcherPlace, watcherParts } from "./watcher";

/**
 * What belongs to the machines that no cloud runs, apart from everything else, so that a dead host blocks nobody's deployment:
 *
 * ```
 *  tailnet ── anvil (primary), forge (standby), laptop, phone
 *     └────── failover name ──▸ whichever host is primary
 *  replication: both hosts ──▸ prod's backup store, over SSH installed; the lease says who is primary
 *  heartbeat: GitHub workflow, and a second watcher in prod's Container Apps environment
 * ```
 */
export async function hosts(configuration: StackConfiguration, inventory: AlaiInventory): Promise<Inputs> {
  const { context, settings } = configuration;
  const prod = stackReference("prod");
  const { tailnet: entry, failoverName } = inventory.tailnet;

  const tailnet = new Tailnet("tailnet", {
    context,
    tailnet: entry,
    groupMembers: settings.requireObject<Record<string, string[]>>("tailnetGroups"),
    splitDns: await splitDnsOf(prod),
  });

  const zone = getZoneOutput({ filter: { name: failoverName.zone } });
  const primary = new FailoverName("primary", {
    context,
    zone: { id: zone.zoneId, domain: failoverName.zone },
    searchPath: failoverName.searchPath,
    name: failoverName.name,
    deviceNames: entry.devices.map((device) => device.name),
    initialAddress: failoverName.initialAddress,
    ...(failoverName.ttl === undefined ? {} : { ttl: failoverName.ttl }),
  });

  const heartbeat = new Heartbeat("heartbeat", {
    context,
    heartbeat: inventory.heartbeat.heartbeat,
    commits: new CommitQueue(),
    secondWatcher: secondWatcher(configuration, inventory, prod),
  });

  const place = prod.requireOutput("watcher") as Output<WatcherPlace>;
  const replication = deployReplication(configuration, inventory, primary, {
    zoneId: zone.zoneId,
    vaultUri: place.vaultUri,
  });

  return {
    primaryName: primary.hostname,
    primaryAddress: primary.address,
    searchPaths: tailnet.searchPaths,
    hostPackages: replication.packages,
    heartbeatWorkflow: heartbeat.workflowPath,
    detection: heartbeat.detection,
  };
}

/** The names that only prod's network resolves, each with the resolver that the tailnet reaches through the router. */
async function splitDnsOf(prod: StackReference): Promise<Record<string, string[]>> {
  const { value } = await prod.getOutputDetails("splitDns");
  const { domains, nameservers } = (value ?? { domains: [], nameservers: [] }) as SplitDns;
  return Object.fromEntries(domains.map((domain) => [domain, nameservers]));
}

/** The watcher in Azure: a job of this stack in prod's environment, with prod's secrets by reference. */
function secondWatcher(
  { context, settings, tenantId }: StackConfiguration,
  inventory: AlaiInventory,
  prod: StackReference,
): SecondWatcher {
  const group = makeResourceGroup(context);
  const contactEmails = alertAddressesOf({ settings });
  new Budget("monthly", { context, scope: group.id, ...inventory.hosts.budget, contactEmails });
  const place = prod.requireOutput("watcher") as Output<WatcherPlace>;
  const environment: EnvironmentReference = {
    id: place.environmentId,
    environmentName: place.environmentName,
    resourceGroupName: place.resourceGroupName,
    defaultDomain: place.defaultDomain,
    domainVerificationId: place.domainVerificationId,
    internal: true,
    networkBlocks: [entryOf(inventory.network.networks, { environment: "prod" }, "network.yaml").addressSpace],
  };
  return {
    context,
    resourceGroupName: group.name,
    environment,
    image: publicImages.node,
    registry: { id: place.registryId, loginServer: place.registryServer },
    identity: {
      id: place.identityId,
      principalId: place.principalId,
      clientId: place.clientId,
      // Granted by prod, which came first.
      granted: [],
    },
    ...watcherParts(
      (name) => secretOf(place, name),
      { id: place.containerId, url: place.containerUrl },
      {
        ...{ owner: settings.require("githubOwner"), subjects: inventory.pipelines.oidcSubjects, tenantId },
        dailyWorkflows:
          inventory.heartbeat.heartbeat.repository === inventory.pipelines.repository ? dailyWorkflows : [],
      },
    ),
  };
}
