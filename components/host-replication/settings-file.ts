import type {
  FailoverNameSettings,
  HostSettings,
  InferenceSettings,
  PairedHost,
} from "../../programs/host/host-settings";
import { bothHosts, type HostPair, type PlacedHost, storeOf } from "./host-pair";
import { replicationPolicies, replicationProcess } from "./replication-policy";
import { inferenceUrl } from "./tier-routing";

/** The record that a failover switches, as its stack knows it. */
export type FailoverRecord = Omit<FailoverNameSettings, "api">;

/** What a host's settings file says. The same for both hosts but for where things lie. */
export function hostSettings(pair: HostPair, host: PlacedHost, record: FailoverRecord): HostSettings {
  const { software } = pair;
  const { labelPrefix, primaryOnlyAgents, programs } = software;
  return {
    host: host.name,
    root: host.root,
    labelPrefix,
    agentsDirectory: `${host.home}/Library/LaunchAgents`,
    hosts: bothHosts(pair).map(pairedHost),
    store: storeOf(pair, host),
    replication: replicationPolicies(pair.databases).map((policy) => replicationProcess(host, policy)),
    primaryOnlyAgents,
    health: { port: host.healthPort },
    inference: inferenceSettings(pair, host),
    failoverName: { ...record, api: pair.cloudflareApi },
    programs,
    timing: pair.timing,
    leftovers: { asideDays: software.asideDays },
  };
}

function pairedHost({ name, address, role, healthPort }: PlacedHost): PairedHost {
  const intendedRole = role === "primary" ? "primary" : "standby";
  return { name, address, intendedRole, healthUrl: `http://${address}:${healthPort}/health` };
}

function inferenceSettings(pair: HostPair, host: PlacedHost): InferenceSettings {
  const { everySeconds, timeoutSeconds, healthPath } = pair.software.inference;
  const servers = bothHosts(pair).map((server) => ({
    host: server.name,
    url: inferenceUrl(pair, server, host),
    healthPath,
  }));
  return { everySeconds, timeoutSeconds, servers };
}
