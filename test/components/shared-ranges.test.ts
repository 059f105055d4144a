import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { AppRelease } from "../../components/app-release/app-release";
import { BackupStore } from "../../components/backup-store/backup-store";
import { Budget } from "../../components/budget/budget";
import { Cache } from "../../components/cache/cache";
import { ContainerApp } from "../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { ContainerJob } from "../../components/container-apps/container-job";
import { DnsZone } from "../../components/dns-zone/dns-zone";
import { dnsRecordArgs } from "../../components/dns-zone/zone-record";
import { EdgeAlerts } from "../../components/edge-alerts/edge-alerts";
import { FailoverName } from "../../components/failover-name/failover-name";
import { Heartbeat } from "../../components/heartbeat/heartbeat";
import { hostPair } from "../../components/host-replication/host-pair";
import { replicatedDatabases } from "../../components/host-replication/schema";
import { giveRights } from "../../components/identity/people";
import { KeyVault } from "../../components/key-vault/key-vault";
import { LoadBalancer } from "../../components/load-balancer/load-balancer";
import { Network } from "../../components/network/network";
import { ObjectStore } from "../../components/object-store/object-store";
import { LogAnalytics } from "../../components/observability/log-analytics";
import { DatabaseDumps } from "../../components/postgres-server/database-dumps";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import { R2Buckets } from "../../components/r2-buckets/r2-buckets";
import { Repository } from "../../components/repository/repository";
import { CommitQueue } from "../../components/repository/repository-files";
import { StaticSite } from "../../components/static-site/static-site";
import { Tailnet } from "../../components/tailnet/tailnet";
import { TailnetRouter } from "../../components/tailnet-router/tailnet-router";
import { applicationPlan } from "../../stacks/alai/applications";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { deployer, type Surroundings, tenantId } from "./azure-stack";
import { expectRefusedByBoth, type SharedRange } from "./shared-range";

/** What no inventory says, as little of it as each component takes. */
const image = { ownedBy: "release", repository: "app" } as const;
const balanced = {
  hostname: "api.alai.no",
  pools: [
    { name: "prod", origins: ["api.prod.example"] },
    { name: "dr", origins: ["api.dr.example"] },
  ],
};
const ingress = { exposure: "network", port: 8080 } as const;
const secret = { name: "a", version: undefined, uri: "https://v.vault.azure.net/secrets/a" };
const zone = { id: "zone", domain: "alai.no" };
const reachedBy = [{ who: "apps", via: "private-endpoint" }] as const;
const dumpsRole = { on: "dumps", role: "Storage Blob Data Contributor", scope: "dumps" } as const;
const failoverName = {
  zone,
  searchPath: "net.alai.no",
  name: "primary",
  deviceNames: [],
  initialAddress: "100.103.49.98",
};
const server = {
  tenantId,
  version: "16",
  size: "b1ms",
  access: { kind: "addresses", reachedBy: [] },
  databases: ["a"],
  administrators: [deployer],
} as const;
const blocks = { addressSpace: "10.20.0.0/16", subnets: { apps: "10.20.0.0/23", privateEndpoints: "10.20.3.0/26" } };

const app = (around: Surroundings, changes: object) =>
  new ContainerApp("api", { ...inEnvironment(around), image, ingress, ...changes });
const job = (around: Surroundings, changes: object) =>
  new ContainerJob("job", { ...inEnvironment(around), image, trigger: { by: "hand" }, timeoutSeconds: 60, ...changes });
const inEnvironment = (around: Surroundings) => ({
  ...around,
  environment: new ContainerAppsEnvironment("apps", around),
});

const inventory = loadAlaiInventory();
const first = <Entry>([entry]: readonly Entry[]): Entry => {
  if (entry === undefined) throw new Error("the inventory has none");
  return entry;
};
const pair = (changes: Partial<Parameters<typeof hostPair>[0]>) =>
  hostPair({
    hosts: inventory.hosts.hosts,
    software: inventory.hosts.software,
    addresses: new Map(),
    databases: replicatedDatabases(inventory.databases),
    store: { account: "a", endpoint: "https://a.example", container: "c" },
    ...changes,
  });

/** Bad values, by the folder whose schema says so. */
const rows: Readonly<Record<string, readonly SharedRange[]>> = {
  "app-release": [
    {
      file: "pipelines",
      path: ["applications", 0, "migrations"],
      value: "/sql",
      told: 'migrations: expected a directory of the repository, for example migrations, got "/sql"',
      program: () =>
        new AppRelease("app", {
          ...{ repository: "app", commits: new CommitQueue(), owners: { team: 1, people: 2 } },
          ...{ rulesets: "offered", deployingApp: 600001 },
          application: {
            ...applicationPlan(first(inventory.pipelines.applications), inventory, "alai-org"),
            migrations: "/sql",
          },
        }),
    },
  ],
  "backup-store": [
    {
      file: "backup",
      path: ["stores", "prod", "recoveryDays"],
      value: 6,
      told: "recoveryDays: expected at least 7, got 6",
      program: (around) =>
        new BackupStore("store", {
          ...around,
          reachedBy,
          recoveryDays: 6,
          containers: [{ name: "dumps", holds: "dumps" }],
        }),
    },
    {
      file: "backup",
      path: ["stores", "prod", "containers", 0, "name"],
      value: "a--b",
      told: 'containers[0].name: expected lower-case letters, digits and single dashes, got "a--b"',
      program: (around) =>
        new BackupStore("store", { ...around, reachedBy, containers: [{ name: "a--b", holds: "dumps" }] }),
    },
  ],
  budget: [
    {
      file: "environments",
      path: ["environments", "prod", "budget", "monthlyAmount"],
      value: 0,
      told: "monthlyAmount: expected more than 0, got 0",
      program: ({ context }) =>
        new Budget("monthly", { context, scope: "scope", monthlyAmount: 0, contactEmails: ["a@example.com"] }),
    },
  ],
  cache: [
    {
      file: "environments",
      path: ["environments", "prod", "caches"],
      value: [{ name: "sessions", size: "b50", eviction: "noeviction" }],
      told: 'size: "b50" holds 60 GB, and without a cluster it is at most 25; set clustering to enterprise or oss, or take b20',
      program: (around) => new Cache("sessions", { ...around, size: "b50", eviction: "noeviction" }),
    },
  ],
  "container-apps": [
    {
      file: "services",
      path: ["services", 0, "cpu"],
      value: 0.3,
      told: "cpu: expected a multiple of 0.25, got 0.3",
      program: (around) => app(around, { cpu: 0.3 }),
    },
    {
      file: "services",
      path: ["services", 0, "ingress", "port"],
      value: 65_536,
      told: "ingress.port: expected at most 65535, got 65536",
      program: (around) => app(around, { ingress: { exposure: "network", port: 65_536 } }),
    },
    {
      file: "services",
      path: ["services", 0, "probes"],
      value: { liveness: "health" },
      told: 'probes.liveness: expected a path that begins with /, got "health"',
      program: (around) => app(around, { probes: { liveness: "health" } }),
    },
    {
      file: "services",
      path: ["services", 0, "scale"],
      value: { min: 4, max: 1001 },
      told: "scale.max: expected at most 1000, got 1001",
      program: (around) => app(around, { scale: { min: 4, max: 1001 } }),
    },
    {
      file: "services",
      path: ["services", 0, "scale"],
      value: { min: 4, max: 2 },
      told: "scale.min: min is above max, got 4",
      program: (around) => app(around, { scale: { min: 4, max: 2 } }),
    },
    {
      file: "services",
      path: ["services", 0, "scale"],
      value: { concurrentRequests: 0 },
      told: "concurrentRequests: expected at least 1, got 0",
      program: (around) => app(around, { scale: { rules: [{ by: "requests", concurrentRequests: 0 }] } }),
    },
    {
      file: "services",
      path: ["services", 0, "env"],
      value: { "A-B": "c" },
      told: 'expected letters, digits and _, got "A-B"',
      program: (around) => app(around, { env: { "A-B": around.workspaceId } }),
    },
    ...(
      [
        [["API_KEY", "api_key"], 'secrets.api_key: becomes the secret "api-key", as API_KEY does; rename one of them'],
        [["KEY", "_KEY"], 'secrets._KEY: becomes the secret "key", as KEY does; rename one of them'],
        [["__"], "secrets.__: expected a letter or a digit, of which the secret's name is made"],
        [["K".repeat(254)], `secrets.${"K".repeat(254)}: expected at most 253 characters, got 254`],
      ] as const
    ).map(
      ([variables, told]): SharedRange => ({
        file: "services",
        path: ["services", 0, "secrets"],
        value: Object.fromEntries(variables.map((variable) => [variable, { secret: "mc-database-url" }])),
        told,
        program: (around) => app(around, { secrets: Object.fromEntries(variables.map((name) => [name, secret])) }),
      }),
    ),
    {
      file: "services",
      path: ["services", 0, "repository"],
      value: "Mc Api",
      told: 'repository: expected a repository of images: lower-case letters, digits and . _ / -, got "Mc Api"',
      program: (around) => job(around, { image: { ownedBy: "release", repository: "Mc Api" } }),
    },
    ...(
      [
        [{ timeoutSeconds: 0 }, {}, "timeoutSeconds: expected at least 1, got 0"],
        [{ retries: 11 }, {}, "retries: expected at most 10, got 11"],
        [
          { schedule: "60 2 * * *" },
          { trigger: { by: "schedule", cron: "60 2 * * *" } },
          'expected five cron fields, in UTC, such as "0 2 * * 0"; minute "60" is not *, a number, a range or a step',
        ],
      ] as const
    ).map(
      ([entry, args, told]): SharedRange => ({
        file: "services",
        path: ["services", 0],
        value: { name: "nightly", kind: "job", tier: "P1", timeoutSeconds: 60, ...entry },
        told,
        program: (around) => job(around, { ...entry, ...args }),
      }),
    ),
  ],
  "dns-zone": [
    {
      file: "zones",
      path: ["zones", 0, "records"],
      value: [{ type: "A", name: "a", content: "192.0.2.1", ttl: 59 }],
      told: "ttl: expected at least 60, got 59",
      program: () => dnsRecordArgs("zone", "alai.no", { type: "A", name: "a", content: "192.0.2.1", ttl: 59 }),
    },
    {
      file: "zones",
      path: ["zones", 0, "edge"],
      value: { managedRules: ["owasp"] },
      told: `edge.managedRules[0]: owasp: the zone's plan is "free", and "pro" is the smallest that has it`,
      program: ({ context }) =>
        new DnsZone("alai.no", { context, accountId: "a", domain: "alai.no", edge: { managedRules: ["owasp"] } }),
    },
    {
      file: "zones",
      path: ["zones", 0, "tls"],
      value: { hsts: { maxAge: 1, includeSubdomains: false, preload: false } },
      told: "tls.hsts.maxAge: expected at least 300, got 1",
      program: ({ context }) =>
        new DnsZone("alai.no", {
          context,
          accountId: "account",
          domain: "alai.no",
          tls: { hsts: { maxAge: 1, includeSubdomains: false, preload: false } },
        }),
    },
  ],
  "edge-alerts": [
    {
      file: "edge",
      path: ["alerts", 0, "name"],
      value: "Up time",
      told: 'alerts[0].name: expected lower-case letters, digits and dashes, got "Up time"',
      program: ({ context }) =>
        new EdgeAlerts("alerts", {
          context,
          accountId: "account",
          alerts: [{ ...first(inventory.edge.alerts), name: "Up time" }],
          emails: ["id"],
        }),
    },
  ],
  "failover-name": [
    {
      file: "tailnet",
      path: ["failoverName", "ttl"],
      value: 3600,
      told: "ttl: expected at most 300, got 3600",
      program: ({ context }) => new FailoverName("primary", { context, ...failoverName, ttl: 3600 }),
    },
  ],
  heartbeat: [
    {
      file: "heartbeat",
      path: ["heartbeat", "escalateAfter"],
      value: 2,
      told: "escalateAfter: expected more than alertAfter, got 2",
      program: ({ context }) =>
        new Heartbeat("heartbeat", {
          context,
          heartbeat: { ...inventory.heartbeat.heartbeat, escalateAfter: 2 },
          commits: new CommitQueue(),
        }),
    },
  ],
  "host-replication": [
    {
      file: "databases",
      path: ["databases", 0, "name"],
      value: "Mission Control",
      told: 'databases[0].name: expected lower-case words joined by dashes, got "Mission Control"',
      program: () =>
        pair({ databases: [{ ...first(replicatedDatabases(inventory.databases)), name: "Mission Control" }] }),
    },
  ],
  hosts: [
    {
      file: "hosts",
      path: ["software", "healthPort"],
      value: 0,
      told: "software.healthPort: expected at least 1, got 0",
      program: () => pair({ software: { ...inventory.hosts.software, healthPort: 0 } }),
    },
  ],
  identity: [
    {
      file: "pipelines",
      path: ["people"],
      value: [{ group: "Operators", stacks: ["dev"], may: ["read"] }],
      told: 'group: expected lower-case letters, digits and dashes, for example operators, got "Operators"',
      program: ({ context }) =>
        giveRights([{ group: "Operators", stacks: ["dev"], may: ["read"], onRequest: [] }], {
          ...{ context, groups: {} },
          placeOf: () => ({ owner: "dev", subscription: tenantId, container: { name: "dev", id: "/c" }, keyId: "/k" }),
        }),
    },
  ],
  "key-vault": [
    {
      file: "secrets",
      path: ["secrets", 0, "name"],
      value: "a_b",
      told: 'expected letters, digits and dashes, got "a_b"',
      program: (around) => new KeyVault("vault", { ...around, tenantId, reachedBy, secrets: ["a_b"] }),
    },
  ],
  "load-balancer": [
    {
      file: "zones",
      path: ["zones", 0, "loadBalancers"],
      value: [{ ...balanced, name: "api", monitor: { path: "/", every: "10s" } }],
      told: "monitor.every: expected 60s, the least that the add-on allows, to 1h",
      program: ({ context }) =>
        new LoadBalancer("api", {
          ...{ context, ...balanced, accountId: "account", monitor: { path: "/", every: "10s" } },
          zone: { id: "zone", domain: "alai.no" },
        }),
    },
  ],
  network: [
    {
      file: "network",
      path: ["networks", "prod", "addressSpace"],
      value: "10.20.0.1/16",
      told: 'addressSpace: expected an IPv4 block such as "10.20.0.0/16", with no bits after its prefix, got "10.20.0.1/16"',
      program: (around) => new Network("other", { ...around, ...blocks, addressSpace: "10.20.0.1/16" }),
    },
    {
      file: "network",
      path: ["networks", "prod", "subnets", "apps"],
      value: "10.20.0.0/28",
      told: 'subnets.apps: "10.20.0.0/28" is too small: Container Apps needs /27 or larger',
      program: (around) =>
        new Network("other", { ...around, ...blocks, subnets: { ...blocks.subnets, apps: "10.20.0.0/28" } }),
    },
  ],
  "object-store": [
    {
      file: "environments",
      path: ["environments", "prod", "objects"],
      value: { redundancy: "zone", recoveryDays: 6, containers: [{ name: "exports" }] },
      told: "recoveryDays: expected at least 7, got 6",
      program: (around) =>
        new ObjectStore("objects", {
          ...around,
          redundancy: "zone",
          recoveryDays: 6,
          containers: [{ name: "exports" }],
        }),
    },
  ],
  observability: [
    {
      file: "environments",
      path: ["environments", "prod", "logRetentionDays"],
      value: 731,
      told: "expected at most 730, got 731",
      program: (around) => new LogAnalytics("other", { ...around, retentionInDays: 731 }),
    },
  ],
  "postgres-server": [
    {
      file: "environments",
      path: ["environments", "prod", "postgres", "parameters"],
      value: { max_connections: "many" },
      told: 'parameters.max_connections: expected 25-5000, got "many"',
      program: (around) => new PostgresServer("db", { ...around, ...server, parameters: { max_connections: "many" } }),
    },
    {
      file: "environments",
      path: ["environments", "prod", "postgres", "backupDays"],
      value: 36,
      told: "backupDays: expected at most 35, got 36",
      program: (around) => new PostgresServer("main", { ...around, ...server, backupDays: 36 }),
    },
    {
      file: "environments",
      path: ["environments", "prod", "postgres", "pooler"],
      value: "transaction",
      told: 'is not offered for the Burstable size "b',
      program: (around) => new PostgresServer("main", { ...around, ...server, pooler: "transaction" }),
    },
    {
      file: "environments",
      path: ["environments", "prod", "postgres", "replicas"],
      value: [{ name: "debug" }],
      told: 'replicas: are not offered for the Burstable size "b',
      program: (around) => new PostgresServer("main", { ...around, ...server, replicas: [{ name: "debug" }] }),
    },
    {
      file: "environments",
      path: ["environments", "prod", "postgres", "maintenance"],
      value: { day: "Monday", hour: 24 },
      told: "maintenance.hour: expected at most 23, got 24",
      program: (around) =>
        new PostgresServer("main", { ...around, ...server, maintenance: { day: "Monday", hour: 24 } }),
    },
    {
      file: "environments",
      path: ["environments", "prod", "dumps"],
      value: { to: "dumps", restoreInto: "restore_test", test: "weekly" },
      told: 'test: expected five cron fields, in UTC, such as "0 2 * * 0"; it has 1',
      program: (around) =>
        new DatabaseDumps("dumps", {
          ...inEnvironment(around),
          server: {
            databases: ["main", "restore_test"],
            roleOf: String,
            roleGiver: { servers: output("server:5432") },
          },
          ...{ store: { url: "https://a.blob.core.windows.net/dumps", role: dumpsRole }, restoreInto: "restore_test" },
          test: "weekly",
        }),
    },
  ],
  "r2-buckets": [
    {
      file: "environments",
      path: ["environments", "prod", "buckets"],
      value: { buckets: [{ name: "Media", onlyCopy: "made again from originals" }] },
      told: 'buckets[0].name: expected lower-case letters, digits and dashes, got "Media"',
      program: (around) =>
        new R2Buckets("buckets", {
          ...around,
          accountId: "5a1d0c0de0000000000000000000acc1",
          vault: {
            hold: () => {
              throw new Error("refused before");
            },
          },
          buckets: [{ name: "Media", onlyCopy: "made again from originals" }],
        }),
    },
  ],
  reach: [
    {
      file: "services",
      path: ["services", 0, "ingress"],
      value: { exposure: "addresses", port: 80, ci: ["0.0.0.0/0"] },
      told: "is wider than /24; list the addresses that need it, or go through the tailnet router",
      program: (around) =>
        new KeyVault("vault", {
          ...around,
          tenantId,
          reachedBy: [{ who: "ci", via: "addresses", addresses: ["0.0.0.0/0"] }],
        }),
    },
  ],
  repository: [
    {
      file: "repositories",
      path: ["repositories", 0, "labels"],
      value: [{ name: "bug", color: "#d73a4a" }],
      told: 'labels[0].color: expected six hex digits without #, for example d73a4a, got "#d73a4a"',
      program: ({ context }) =>
        new Repository("infra", {
          context,
          repository: {
            ...first(inventory.repositories.repositories),
            labels: [{ name: "bug", color: "#d73a4a" }],
          },
        }),
    },
  ],
  "static-site": [
    {
      file: "sites",
      path: ["sites", 0, "domain"],
      value: "Alai.no",
      told: 'domain: expected a host name in lower case, for example www.alai.no, got "Alai.no"',
      program: ({ context }) =>
        new StaticSite("alai.no", {
          context,
          accountId: "account",
          zone,
          site: { ...first(inventory.sites.sites), domain: "Alai.no" },
          deployment: { by: "another-stack" },
        }),
    },
  ],
  tailnet: [
    {
      file: "tailnet",
      path: ["tailnet", "devices", 0, "address"],
      value: "10.0.0.9",
      told: 'devices[0].address: expected a tailnet address, from 100.64.0.0 to 100.127.255.255, got "10.0.0.9"',
      program: ({ context }) =>
        new Tailnet("tailnet", {
          context,
          tailnet: {
            ...inventory.tailnet.tailnet,
            devices: [{ ...first(inventory.tailnet.tailnet.devices), address: "10.0.0.9" }],
          },
        }),
    },
    {
      file: "heartbeat",
      path: ["heartbeat", "reach", "github", "tag"],
      value: "router",
      told: 'tag: expected a tag, for example "tag:host", got "router"',
      program: (around) =>
        new TailnetRouter("router", {
          ...inEnvironment(around),
          routes: ["10.20.0.0/16"],
          tag: "router",
          authKey: { name: "key", id: around.workspaceId, uri: around.workspaceId, version: undefined },
          privateNames: [],
        }),
    },
  ],
};

const root = join(__dirname, "..", "..");

describe("what a schema does not allow", () => {
  it("is tried for every schema of a component, here or in the component's own test", () => {
    const folders = readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith("/schema.ts"))
      .map((file) => file.slice(0, -"/schema.ts".length));
    const own = folders.filter((folder) => {
      const test = join(__dirname, `${folder}.test.ts`);
      return existsSync(test) && /expectRefusedByBoth[()]/.test(readFileSync(test, "utf8"));
    });
    expect([...Object.keys(rows), ...own].sort()).toEqual(folders.sort());
  });

  const all = Object.entries(rows).flatMap(([folder, list]) => list.map((row) => ({ folder, ...row })));
  it.each(all)(
    "of $folder is refused in the inventory, at its line, and in a program: $told",
    (row) => expectRefusedByBoth(row),
    30_000,
  );
});
