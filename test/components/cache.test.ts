import { describe, expect, it } from "vitest";
import { Cache } from "../../components/cache/cache";
import { ContainerApp } from "../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { ManagedIdentity } from "../../components/identity/managed-identity";
import { AzureStack, type Surroundings } from "./azure-stack";

const cache = (around: Surroundings, more: object = {}) =>
  new Cache("sessions", { ...around, size: "b0", eviction: "allkeys-lru", ...more });

const image = { ownedBy: "release", repository: "ghcr.io/example/api" } as const;

/** Two apps that use one cache. */
function apps(around: Surroundings): Cache {
  const sessions = cache(around);
  const environment = new ContainerAppsEnvironment("apps", around);
  for (const name of ["api", "web"]) {
    new ContainerApp(name, {
      ...{ ...around, environment, image, ingress: { exposure: "network", port: 8080 } as const },
      env: { SESSIONS_REDIS_URL: sessions.url },
      caches: [sessions],
    });
  }
  return sessions;
}

describe("Cache", () => {
  it("is closed, takes no keys, lets apps in one after the other, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const { url, privateNames } = apps(around);
      return { url, privateNames };
    });
    const host = /^alai-dev-sessions-[0-9a-f]{8}\.swedencentral\.redis\.azure\.net$/;
    expect(outputs.privateNames).toEqual([expect.stringMatching(host)]);
    expect(outputs.url).toBe(`rediss://${String(outputs.privateNames).replace(/[[\]"]/g, "")}:10000`);
    expect((await stack.inputs("azure-native:redisenterprise:RedisEnterprise")).get("sessions")).toMatchObject({
      sku: { name: "Balanced_B0" },
      highAvailability: "Disabled",
      minimumTlsVersion: "1.2",
      publicNetworkAccess: "Disabled",
    });
    expect((await stack.inputs("azure-native:redisenterprise:Database")).get("sessions")).toMatchObject({
      accessKeysAuthentication: "Disabled",
      clientProtocol: "Encrypted",
      evictionPolicy: "AllKeysLRU",
      clusteringPolicy: "NoCluster",
    });
    const admitted = await stack.inputs("azure-native:redisenterprise:AccessPolicyAssignment");
    expect([...admitted.keys()].sort()).toEqual(["api-on-sessions", "web-on-sessions"]);
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("keeps a queue's jobs: it refuses writes when full, writes to disk and has a second node", async () => {
    const stack = new AzureStack();
    await stack.upTwice((around) => {
      const queue = { eviction: "noeviction", persistence: "aof", highAvailability: true };
      cache(around, {
        ...queue,
        transform: { cluster: { tags: { Purpose: "jobs" } }, database: { deferUpgrade: "Deferred" } },
      });
    });
    expect((await stack.inputs("azure-native:redisenterprise:RedisEnterprise")).get("sessions")).toMatchObject({
      highAvailability: "Enabled",
      tags: { Purpose: "jobs" },
    });
    expect((await stack.inputs("azure-native:redisenterprise:Database")).get("sessions")).toMatchObject({
      evictionPolicy: "NoEviction",
      persistence: { aofEnabled: true, aofFrequency: "1s" },
      deferUpgrade: "Deferred",
    });
  });

  it("refuses a size that one shard does not hold, and a network that does not name it", async () => {
    expect(await new AzureStack().refusal((around) => cache(around, { size: "b50" }))).toContain(
      'Cache "sessions": size: "b50" holds 60 GB, and without a cluster it is at most 25; set clustering to enterprise or oss, or take b20',
    );
    const nameless = await new AzureStack().refusal((around) => {
      const { id, endpointsSubnetId } = around.network;
      cache(around, { network: { id, endpointsSubnetId, zoneIds: {} } });
    });
    expect(nameless).toContain('the network has no private DNS zone for "redisEnterprise"');
  });

  it("is given to an app's own identity only", async () => {
    const refusal = await new AzureStack().refusal((around) => {
      const environment = new ContainerAppsEnvironment("apps", around);
      const identity = new ManagedIdentity("other", around);
      const more = { environment, image, identity, caches: [cache(around)], ingress: { exposure: "none" } as const };
      new ContainerApp("api", { ...around, ...more });
    });
    expect(refusal).toContain("identity and caches are both given; give the caches to the identity");
  });
});
