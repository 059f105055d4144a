import type { Output } from "@pulumi/pulumi";
import type { FailoverName } from "../../components/failover-name/failover-name";
import { hostPair } from "../../components/host-replication/host-pair";
import { HostReplication } from "../../components/host-replication/host-replication";
import { replicatedDatabases } from "../../components/host-replication/schema";
import { readHostPlaces } from "../../components/hosts/host-places";
import { refusal } from "../../lib/refusal";
import { shippedProgram } from "../../programs/bundle";
import type { StackConfiguration } from "../stack-configuration";
import type { AlaiInventory } from "./inventory";

/** What `prod` tells of where the hosts' replicas and secrets are. */
export interface ReplicationPlace {
  readonly zoneId: Output<string>;
  readonly vaultUri: Output<string>;
}

/** Replication, standby and failover on the primary and the standby. */
export function deployReplication(
  { context, settings }: StackConfiguration,
  inventory: AlaiInventory,
  name: FailoverName,
  { zoneId, vaultUri }: ReplicationPlace,
): HostReplication {
  const { hosts, software } = inventory.hosts;
  const { devices } = inventory.tailnet.tailnet;
  const places = readHostPlaces(
    settings.getObject("hostPlaces"),
    hosts.map((host) => host.name),
  );
  const pair = hostPair({
    hosts,
    software,
    addresses: new Map(devices.map((device) => [device.name, device.address])),
    databases: replicatedDatabases(inventory.databases),
    store: replicaStore(inventory),
    places,
  });
  return new HostReplication("replication", {
    context,
    pair,
    record: { hostname: name.hostname, zoneId, recordId: name.recordId, ttlSeconds: name.ttlSeconds },
    bundle: shippedProgram("programs/host/main.ts"),
    vaultUri,
    ssh: { user: settings.require("hostSshUser"), privateKey: settings.getSecret("hostSshKey") },
  });
}

/** Production's account, which was there before and keeps its name. */
function replicaStore({ backup, databases }: AlaiInventory) {
  const account = backup.stores.prod?.adopt?.account;
  if (account === undefined) {
    throw refusal('store "prod"', ["it adopts no account that the hosts could know"], backup.stores.prod);
  }
  return { account, endpoint: `https://${account}.blob.core.windows.net`, container: databases.container };
}
