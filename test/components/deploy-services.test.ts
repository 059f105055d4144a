import { expect, it } from "vitest";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { serviceSchema } from "../../components/container-apps/schema";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { KeyVault } from "../../components/key-vault/key-vault";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import {
  databaseNetwork,
  deployCaches,
  deployObjects,
  deployQueues,
  deployServices,
  type ServicePlacement,
} from "../../components/services/deploy-services";
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

/** Services with everything that they can use, in their environment. */
function deploy(around: Surroundings, entries = services, more: Partial<ServicePlacement> = {}): void {
  deployServices(entries, {
    ...around,
    environment: more.environment ?? new ContainerAppsEnvironment("apps", around),
    registry: new ContainerRegistry("registry", { ...around, size: { sku: "Basic" } }),
    vault: { secret: (name) => ({ name, id: around.workspaceId, uri: around.workspaceId, version: undefined }) },
    postgres: new PostgresServer("postgres", {
      ...{ ...around, tenantId, version: "16", size: "b1ms", databases: ["main"] },
      access: { kind: "network", network: databaseNetwork(around.network) },
      administrators: [{ name: "ops", objectId: "10000000-0000-4000-8000-000000000001", type: "Group" }],
    }),
    caches: deployCaches([{ name: "sessions", size: "b0", eviction: "allkeys-lru" }], around),
    objects: deployObjects({ redundancy: "local", recoveryDays: 7, containers: [{ name: "exports" }] }, around),
    queues: deployQueues({ tier: "Standard", queues: [{ name: "jobs" }] }, around),
    replicas: { min: 0, max: 1 },
    zones: more.zones,
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
    MAIN_DATABASE_URL: expect.stringContaining("/main?sslmode=require"),
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

/** An environment with a certificate for the edge. */
function publicEnvironment(around: Surroundings): ContainerAppsEnvironment {
  const reachedBy = [{ who: "apps", via: "private-endpoint" }] as const;
  const secrets = [{ name: "origin-certificate", certificate: true }];
  const vault = new KeyVault("vault", { ...around, tenantId, reachedBy, secrets });
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

it("a public app needs a zone that holds its name, and an environment with a certificate", async () => {
  const refusal = (more: (around: Surroundings) => Partial<ServicePlacement>) =>
    new AzureStack().refusal((around) => deploy(around, [publicApp("gateway", ["gateway.alai.no"])], more(around)));
  expect(await refusal((around) => ({ environment: publicEnvironment(around) }))).toContain(
    'ContainerApp "gateway": it is public as gateway.alai.no, but the environment has no zone that holds it',
  );
  expect(await refusal(() => ({ zones: new Map([["alai.no", "zone"]]) }))).toContain(
    'ContainerApp "gateway": it is public as gateway.alai.no, but the environment has no certificate to show the edge',
  );
});
