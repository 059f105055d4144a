import type { HostSettings } from "../../../programs/host/host-settings";

/** A host's settings with one database, as the generated file says them. */
export function hostSettings({ root, launchctl }: { readonly root: string; readonly launchctl: string }): HostSettings {
  return {
    host: "anvil",
    root,
    labelPrefix: "no.alai",
    agentsDirectory: `${root}/agents`,
    hosts: [
      { name: "anvil", address: "127.0.0.2", intendedRole: "primary", healthUrl: "http://127.0.0.2:8099/health" },
      { name: "forge", address: "127.0.0.3", intendedRole: "standby", healthUrl: "http://127.0.0.3:8099/health" },
    ],
    store: {
      account: "account",
      endpoint: "http://127.0.0.1:10000/account",
      container: "replicas",
      leaseContainer: "failover",
      leaseBlob: "lease.json",
    },
    replication: [
      {
        policy: "p0-critical",
        configuration: `${root}/etc/litestream-p0-critical.yml`,
        controlSocket: `${root}/state/litestream.sock`,
        databases: [
          {
            name: "tasks",
            tier: "P0-critical",
            path: `${root}/databases/tasks.db`,
            syncSeconds: 1,
            followedByStandby: true,
          },
        ],
      },
    ],
    primaryOnlyAgents: ["no.alai.orchestrator"],
    health: { port: 8099 },
    inference: { everySeconds: 15, timeoutSeconds: 3, servers: [] },
    failoverName: {
      hostname: "primary.net.example",
      zoneId: "zone",
      recordId: "record",
      api: "http://127.0.0.1:1/client/v4",
      ttlSeconds: 60,
    },
    programs: { litestream: "/bin/false", sqlite3: "/usr/bin/sqlite3", node: process.execPath, launchctl },
    timing: { leaseSeconds: 3, confirmationSeconds: 20, stalledSeconds: 60 },
  };
}
