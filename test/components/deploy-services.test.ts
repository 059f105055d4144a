import { expect, it } from "vitest";
import type { CacheInventory } from "../../components/cache/schema";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { OriginCertificate } from "../../components/container-apps/origin-certificate";
import { certificateRenewal, serviceSchema } from "../../components/container-apps/schema";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { publicImages } from "../../components/container-registry/public-images";
import { KeyVault } from "../../components/key-vault/key-vault";
import { ObjectStore } from "../../components/object-store/object-store";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import { databaseNetwork, deployServices, type ServicePlacement } from "../../components/services/deploy-services";
import { deployCaches, deployQueues } from "../../components/services/deploy-stores";
import { certificateNames, renewCertificate } from "../../components/services/service-ingress";
import { EmulatedContainerApps } from "../../sandbox/clouds/azure-native/app/container-app-calls";
import { AzureStack, aZone, type Surroundings, tenantId } from "./azure-stack";

const services = [
  {
    name: "api",
    kind: "app",
    tier: "P1",
    ingress: { exposure: "environment", port: 8080 },
    databases: ["main"],
    caches: ["sessions"],
    sends: ["jobs"],
    objects: { exports: "write" },
  },
  {
    name: "worker",
    kind: "app",
    tier: "P1",
    ingress: { exposure: "none" },
    receives: ["jobs"],
    scale: { min: 0, max: 5, queue: { name: "jobs", messages: 20 }, cooldownSeconds: 600, pollingSeconds: 15 },
    stopSeconds: 60,
  },
].map((entry) => serviceSchema.parse(entry));

const managed: CacheInventory[] = [{ name: "sessions", size: "b0", eviction: "allkeys-lru" }];

/** What a job's or app's container is told. */
function environmentOf(inputs: unknown): Readonly<Record<string, string>> {
  const variables = [...JSON.stringify(inputs).matchAll(/"name":"(\w+)","value":"((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(variables.map(([, name = "", value = ""]) => [name, String(JSON.parse(`"${value}"`))]));
}

/** Services with everything that they can use, in their environment. */
function deploy(
  around: Surroundings,
  entries = services,
  { caches = managed, ...more }: Partial<Omit<ServicePlacement, "caches">> & { caches?: CacheInventory[] } = {},
): void {
  const environment = more.environment ?? new ContainerAppsEnvironment("apps", around);
  const vault = more.vault ?? {
    secret: (name: string) => ({ name, id: around.workspaceId, uri: around.workspaceId, version: undefined }),
  };
  deployServices(entries, {
    ...{ ...around, environment, vault },
    registry:
      "registry" in more ? more.registry : new ContainerRegistry("registry", { ...around, size: { sku: "Basic" } }),
    postgres: new PostgresServer("postgres", {
      ...{ ...around, tenantId, version: "16", size: "b1ms", databases: ["main"] },
      access: { kind: "network", network: databaseNetwork(around.network) },
      administrators: [{ name: "ops", objectId: "10000000-0000-4000-8000-000000000001", type: "Group" }],
    }),
    caches: deployCaches(caches, { ...around, environment, vault }),
    objects: new ObjectStore("objects", {
      ...{ ...around, redundancy: "local", recoveryDays: 7, containers: [{ name: "exports" }] },
    }),
    queues: deployQueues({ tier: "Standard", queues: [{ name: "jobs" }] }, around),
    replicas: { min: 0, max: 1 },
    zones: more.zones,
    readers: more.readers,
  });
}

it("a service gets the address of what its entry says it uses, and its identity the access", async () => {
  const stack = new AzureStack();
  await stack.upTwice((around) => deploy(around));
  const apps = await stack.inputs("azure-native:app:ContainerApp");
  expect(apps.get("worker")).toMatchObject({
    template: {
      scale: { minReplicas: 0, maxReplicas: 5, cooldownPeriod: 600, pollingInterval: 15 },
      terminationGracePeriodSeconds: 60,
    },
  });
  const variables = (name: string) =>
    Object.fromEntries(
      [...JSON.stringify(apps.get(name)).matchAll(/"name":"(\w+_(?:URL|HOST))","value":"([^"]+)"/g)].map(
        ([, variable = "", value = ""]) => [variable, value.replace(/[0-9a-f]{8}/, "HASH")],
      ),
    );
  const serviceBus = "alai-dev-queues-HASH.servicebus.windows.net";
  expect(variables("api")).toEqual({
    MAIN_DATABASE_URL: "postgresql://api@alai-dev-postgres-HASH.postgres.database.azure.com:5432/main?sslmode=require",
    OBJECTS_URL: "https://alaidevobjectsHASH.blob.core.windows.net/",
    SERVICE_BUS_HOST: serviceBus,
    SESSIONS_REDIS_URL: "rediss://alai-dev-sessions-HASH.swedencentral.redis.azure.net:10000",
  });
  expect(variables("worker")).toEqual({ SERVICE_BUS_HOST: serviceBus });
  const admitted = await stack.inputs("azure-native:redisenterprise:AccessPolicyAssignment");
  expect([...admitted.keys()]).toEqual(["api-on-sessions"]);
  const roles = [...(await stack.inputs("azure-native:authorization:RoleAssignment")).keys()];
  expect(roles.filter((name) => /service-bus|blob/.test(name)).sort()).toEqual([
    "api-azure-service-bus-data-sender-on-jobs",
    "api-storage-blob-data-contributor-on-exports",
    "worker-azure-service-bus-data-receiver-on-jobs",
  ]);
});

const publicApp = (name: string, domains?: readonly string[]) =>
  serviceSchema.parse({ name, kind: "app", tier: "P1", ingress: { exposure: "public", port: 8080 }, domains });

const vaultWith = (around: Surroundings, ...secrets: { name: string; certificate?: boolean }[]) =>
  new KeyVault("vault", { ...around, tenantId, reachedBy: [{ who: "apps", via: "private-endpoint" }], secrets });

/** An environment with a certificate for the edge. */
function publicEnvironment(around: Surroundings): ContainerAppsEnvironment {
  const vault = vaultWith(around, { name: "origin-certificate", certificate: true });
  const certificate = vault.secret("origin-certificate");
  return new ContainerAppsEnvironment("apps", { ...around, exposure: "external", certificate });
}

it("a public app that has a name is public by it, and another its environment's", async () => {
  const stack = new AzureStack([aZone]);
  await stack.upTwice((around) => {
    const zones = new Map([["alai.no", aZone.id]]);
    const entries = [publicApp("gateway", ["gateway.alai.no"]), publicApp("console")];
    deploy(around, entries, { environment: publicEnvironment(around), zones });
  });
  const apps = await stack.inputs("azure-native:app:ContainerApp");
  const ingress = { external: true, clientCertificateMode: "Require", customDomains: [{ name: "gateway.alai.no" }] };
  expect(apps.get("gateway")).toMatchObject({ configuration: { ingress } });
  expect(apps.get("console")).toMatchObject({ configuration: { ingress: { external: false, customDomains: [] } } });
});

it("a job renews the certificate of public apps, for all of their names, in the one secret that it may write", async () => {
  const stack = new AzureStack();
  const entry = { apps: { certificate: { secret: "origin-certificate", token: "cloudflare" } } };
  const entries = [publicApp("gateway", ["b.alai.no", "a.alai.no"]), publicApp("console"), ...services];
  await stack.upTwice((around) => {
    const vault = vaultWith(around, { name: "origin-certificate", certificate: true }, { name: "cloudflare" });
    const certificate = vault.secret("origin-certificate");
    const environment = new ContainerAppsEnvironment("apps", { ...around, exposure: "external", certificate });
    const place = { ...around, environment, vault };
    renewCertificate(entries, entry, place, (args) => {
      new OriginCertificate(certificateRenewal.name, { ...args, image: publicImages.node });
    });
    expect(() => renewCertificate(entries, entry, place, undefined)).toThrow("nothing renews its certificate");
  });
  const [job, none] = (await stack.inputs("azure-native:app:Job")).values();
  expect(none).toBeUndefined();
  expect(job).toMatchObject({ configuration: { scheduleTriggerConfig: { cronExpression: "41 3 * * *" } } });
  const told = environmentOf(job);
  expect(told).toMatchObject({ HOSTNAMES: '["a.alai.no","b.alai.no"]', CONTENT_TYPE: "application/x-pkcs12" });
  // Apps show what that secret holds, whichever version is its newest.
  const shown = (await stack.inputs("azure-native:app:Certificate")).get("apps-edge");
  expect(shown).toMatchObject({ properties: { certificateKeyVaultProperties: { keyVaultUrl: told.SECRET_URL } } });
  expect(told.SECRET_URL).toMatch(/\/secrets\/origin-certificate$/);
  const roles = [...(await stack.inputs("azure-native:authorization:RoleAssignment")).keys()];
  expect(roles.filter((name) => name.startsWith("origin-certificate")).sort()).toEqual([
    "origin-certificate-job-key-vault-secrets-officer-on-origin-certificate",
    "origin-certificate-job-key-vault-secrets-user-on-cloudflare",
  ]);
});

it("an environment without a certificate, or without a name, has none to renew", () => {
  const certificate = { secret: "origin-certificate", token: "cloudflare" };
  const named = [publicApp("gateway", ["a.alai.no"])];
  expect(certificateNames(named, { apps: {} })).toEqual([]);
  expect(certificateNames([publicApp("gateway")], { apps: { certificate } })).toEqual([]);
  expect(certificateNames(named, { apps: { certificate } })).toEqual(["a.alai.no"]);
});

it("a public app needs a zone that holds its name, and an environment with a certificate", async () => {
  const refusal = (more: (around: Surroundings) => Partial<Omit<ServicePlacement, "caches">>) =>
    new AzureStack().refusal((around) => deploy(around, [publicApp("gateway", ["gateway.alai.no"])], more(around)));
  expect(await refusal((around) => ({ environment: publicEnvironment(around) }))).toContain(
    'ContainerApp "gateway": it is public as gateway.alai.no, but the environment has no zone that holds it',
  );
  expect(await refusal(() => ({ zones: new Map([["alai.no", "zone"]]) }))).toContain(
    'ContainerApp "gateway": it is public as gateway.alai.no, but the environment has no certificate to show the edge',
  );
});

it("Redis in a container is called over TCP with a password, which KEDA reads its lists with", async () => {
  const stack = new AzureStack();
  const entries = [
    {
      name: "worker",
      ingress: { exposure: "none" },
      scale: { list: { cache: "memory", name: "bull:jobs:wait", messages: 100 } },
    },
  ].map((entry) => serviceSchema.parse({ kind: "app", tier: "P1", caches: ["memory"], ...entry }));
  const caches: CacheInventory[] = [{ name: "memory", size: "container", eviction: "noeviction", password: "redis" }];
  await stack.upTwice((around) => deploy(around, entries, { caches, vault: vaultWith(around, { name: "redis" }) }));
  const apps = await stack.inputs("azure-native:app:ContainerApp");
  expect(apps.get("memory-redis")).toMatchObject({
    configuration: { ingress: { external: false, transport: "Tcp", targetPort: 6379, exposedPort: 6379 } },
    template: { scale: { minReplicas: 1, maxReplicas: 1, rules: [] } },
  });
  expect(JSON.stringify(apps.get("memory-redis"))).toContain("--save '' --appendonly no --maxmemory 358mb");
  const address = "alai-dev-memory-redis:6379";
  expect(JSON.stringify(apps.get("worker"))).toContain(`{"name":"MEMORY_REDIS_URL","value":"redis://${address}"}`);
  expect(apps.get("worker")).toMatchObject({
    template: {
      scale: {
        rules: [
          {
            custom: {
              type: "redis",
              metadata: { address, listName: "bull:jobs:wait", listLength: "100" },
              auth: [{ triggerParameter: "password", secretRef: "memory-redis-password" }],
            },
          },
        ],
      },
    },
  });
});

it("a list of a managed cache is refused: KEDA cannot sign in", async () => {
  const entry = { name: "worker", kind: "app", tier: "P1", ingress: { exposure: "none" }, caches: ["sessions"] };
  const scale = { list: { cache: "sessions", name: "jobs", messages: 1 } };
  const worker = serviceSchema.parse({ ...entry, scale });
  expect(await new AzureStack().refusal((around) => deploy(around, [worker]))).toContain(
    'cache "sessions": KEDA signs in to Redis by password only, and a cache has no keys; scale by a queue, or by CPU',
  );
});

it("services know the addresses of those they call, and come from a registry that their entry names", async () => {
  const stack = new AzureStack();
  const digest = `sha256:${"a".repeat(64)}`;
  const image = { repository: "ghcr.io/example/clam", digest, pull: { username: "example", token: "pull" } };
  const entries = [
    {
      name: "api",
      repository: "ghcr.io/example/api",
      ingress: { exposure: "network", port: 80 },
      calls: ["web", "clam"],
    },
    { name: "web", repository: "ghcr.io/example/web", ingress: { exposure: "environment", port: 80, affinity: true } },
    { name: "clam", ...image, ingress: { exposure: "environment", port: 3310, transport: "tcp" } },
  ].map((entry) => serviceSchema.parse({ kind: "app", tier: "P1", ...entry }));
  const more = (around: Surroundings) => ({ registry: undefined, vault: vaultWith(around, { name: "pull" }) });
  await stack.upTwice((around) => deploy(around, entries, more(around)));
  const apps = await stack.inputs("azure-native:app:ContainerApp");
  const api = JSON.stringify(apps.get("api"));
  expect(api).toContain('{"name":"CLAM_ADDRESS","value":"alai-dev-clam:3310"}');
  expect(api).toMatch(/"WEB_URL","value":"https:\/\/alai-dev-web\.internal\.[a-z0-9-]+\.swedencentral/);
  expect(apps.get("web")).toMatchObject({ configuration: { ingress: { stickySessions: { affinity: "sticky" } } } });
  expect(apps.get("clam")).toMatchObject({
    configuration: {
      registries: [{ server: "ghcr.io", username: "example", passwordSecretRef: "pull-token" }],
      secrets: [{ name: "pull-token", keyVaultUrl: expect.stringContaining("/secrets/pull") }],
    },
    template: { containers: [{ image: `ghcr.io/example/clam@${digest}` }] },
  });
  const plain = [serviceSchema.parse({ name: "api", kind: "app", tier: "P1", ingress: { exposure: "none" } })];
  expect(await new AzureStack().refusal((around) => deploy(around, plain, more(around)))).toContain(
    'service "api": its image "api" names no registry, and the environment has none',
  );
});

it("services get a role in their databases, from a job that is an administrator of the server", async () => {
  const stack = new AzureStack();
  const debuggers = { name: "debuggers", objectId: "10000000-0000-4000-8000-000000000009" };
  await stack.upTwice((around) => deploy(around, services, { readers: [debuggers] }));
  const job = (await stack.inputs("azure-native:app:Job")).get("database-roles");
  const told = environmentOf(job);
  expect(told).toMatchObject({ DATABASES: "main", EXTENSIONS: "" });
  expect(told.SERVER).toMatch(
    /^postgresql:\/\/alai-dev-postgres-roles@alai-dev-postgres-[0-9a-f]{8}\.postgres\.\S+:5432$/,
  );
  const identities = stack.world.objects().filter(({ kind }) => kind.endsWith(":UserAssignedIdentity"));
  const principal = (name: string) =>
    identities.find(({ id }) => id.endsWith(`/alai-dev-${name}`))?.properties.principalId;
  expect(JSON.parse(told.ROLES ?? "")).toEqual([
    { role: "api", objectId: principal("api"), type: "service", access: "own", databases: ["main"] },
    { role: "debuggers", objectId: debuggers.objectId, type: "group", access: "read", databases: ["main"] },
  ]);
  const administrators = await stack.inputs("azure-native:dbforpostgresql:AdministratorsMicrosoftEntra");
  expect(administrators.get("postgres-roles")).toMatchObject({
    principalName: "alai-dev-postgres-roles",
    objectId: principal("postgres-roles"),
  });
  expect(job).toMatchObject({ tags: { RunAfterChange: "true" } });

  // A run signs in; without its administrator it does not.
  const calls = new EmulatedContainerApps(async () => stack.world);
  const jobId = stack.world.objects().find(({ kind }) => kind === "azure-native:app:Job")?.id ?? "";
  expect(await calls.state(jobId, await calls.start(jobId))).toBe("succeeded");
  await stack.world.transact((world) => {
    for (const { kind, id } of world.list("azure-native:dbforpostgresql:AdministratorsMicrosoftEntra")) {
      if (id.endsWith(String(principal("postgres-roles")))) world.delete(kind, id);
    }
  });
  expect(await calls.state(jobId, await calls.start(jobId))).toBe("failed");
  await expect(calls.start("/nowhere")).rejects.toMatchObject({ code: "ResourceNotFound" });
});
