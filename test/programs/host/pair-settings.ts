import type { HostSettings } from "../../../programs/host/host-settings";

/** Settings of a pair with one database; a test changes what it needs. */
export function pairSettings(changes: Partial<HostSettings> = {}): HostSettings {
  const root = changes.root ?? "/Users/operator/system";
  return {
    host: "forge",
    root,
    labelPrefix: "no.alai",
    agentsDirectory: "/Users/operator/Library/LaunchAgents",
    hosts: [
      { name: "anvil", address: "100.64.0.1", intendedRole: "primary", healthUrl: "http://100.64.0.1:8099/health" },
      { name: "forge", address: "100.64.0.2", intendedRole: "standby", healthUrl: "http://100.64.0.2:8099/health" },
    ],
    store: {
      account: "devstoreaccount1",
      endpoint: "http://127.0.0.1:1/devstoreaccount1",
      container: "replicas",
      leaseContainer: "failover",
      leaseBlob: "lease.json",
    },
    replication: [
      {
        policy: "p0-critical",
        configuration: `${root}/etc/litestream-p0-critical.yml`,
        controlSocket: `${root}/state/p0.sock`,
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
    inference: {
      everySeconds: 15,
      timeoutSeconds: 3,
      servers: [
        { host: "anvil", url: "http://100.64.0.1:11434", healthPath: "/api/tags" },
        { host: "forge", url: "http://100.64.0.2:11434", healthPath: "/api/tags" },
      ],
    },
    failoverName: {
      hostname: "primary.net.example.com",
      zoneId: "zone",
      recordId: "record",
      api: "http://127.0.0.1:1/client/v4",
      ttlSeconds: 60,
    },
    programs: { litestream: "/x", sqlite3: "/x", node: process.execPath, launchctl: "/usr/bin/false" },
    timing: { leaseSeconds: 3, confirmationSeconds: 20, stalledSeconds: 60 },
    ...changes,
  };
}
