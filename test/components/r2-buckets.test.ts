import { describe, expect, it } from "vitest";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { serviceSchema } from "../../components/container-apps/schema";
import { KeyVault } from "../../components/key-vault/key-vault";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import { R2Buckets, type R2BucketsArgs } from "../../components/r2-buckets/r2-buckets";
import { r2BucketsSchema } from "../../components/r2-buckets/schema";
import { databaseNetwork, deployServices } from "../../components/services/deploy-services";
import type { WorldObject } from "../../sandbox/world/world";
import { AzureStack, aZone, type Surroundings, tenantId } from "./azure-stack";

const accountId = "5a1d0c0de0000000000000000000acc1";
const account: WorldObject = {
  cloud: "cloudflare",
  kind: "cloudflare:index/account:Account",
  id: accountId,
  properties: { name: "ours" },
};
const media = {
  ...{ name: "media", onlyCopy: "thumbnails, which are made again", infrequentAfterDays: 30, retentionDays: 365 },
  cors: { origins: ["https://app.alai.no"], methods: ["GET" as const] },
  domain: "media.alai.no",
};

function buckets(around: Surroundings, vault: KeyVault, more: Partial<R2BucketsArgs> = {}): R2Buckets {
  const zones = new Map([["alai.no", aZone.id]]);
  return new R2Buckets("buckets", { context: around.context, accountId, vault, zones, buckets: [media], ...more });
}

const vaultOf = (around: Surroundings) =>
  new KeyVault("vault", { ...around, tenantId, reachedBy: [{ who: "apps", via: "private-endpoint" }] });

describe("R2Buckets", () => {
  it("gives a service its bucket, by a token for that bucket whose key only the vault has", async () => {
    const stack = new AzureStack([account, aZone]);
    await stack.upTwice((around) => {
      const vault = vaultOf(around);
      const api = { kind: "app", tier: "P1", ingress: { exposure: "none" }, repository: "ghcr.io/example/api" };
      deployServices([serviceSchema.parse({ ...api, name: "api", objects: { media: "write" } })], {
        ...{ ...around, vault, buckets: buckets(around, vault), caches: new Map(), replicas: { min: 0, max: 1 } },
        environment: new ContainerAppsEnvironment("apps", around),
        postgres: new PostgresServer("postgres", {
          ...{ ...around, tenantId, version: "16", size: "b1ms", databases: ["main"] },
          access: { kind: "network", network: databaseNetwork(around.network) },
          administrators: [{ name: "ops", objectId: "10000000-0000-4000-8000-000000000001", type: "Group" }],
        }),
      });
    });
    const inputs = async (type: string) => (await stack.inputs(`cloudflare:index/${type}`)).get("buckets-media");
    expect(await inputs("r2Bucket:R2Bucket")).toMatchObject({ name: "alai-dev-media", jurisdiction: "eu" });
    expect(await inputs("r2BucketLifecycle:R2BucketLifecycle")).toMatchObject({
      rules: [
        { id: "unfinished" },
        { id: "infrequent", storageClassTransitions: [{ condition: { type: "Age", maxAge: 2_592_000 } }] },
        { id: "retention", deleteObjectsTransition: { condition: { type: "Age", maxAge: 31_536_000 } } },
      ],
    });
    expect(await inputs("r2BucketCors:R2BucketCors")).toMatchObject({
      rules: [{ allowed: { origins: ["https://app.alai.no"], methods: ["GET"] } }],
    });
    expect(await inputs("r2CustomDomain:R2CustomDomain")).toMatchObject({ domain: "media.alai.no", minTls: "1.2" });
    const tokens = await stack.inputs("cloudflare:index/accountToken:AccountToken");
    expect(tokens.get("buckets-media-write")).toMatchObject({
      policies: [{ resources: `{"com.cloudflare.edge.r2.bucket.${accountId}_eu_alai-dev-media":"*"}` }],
    });
    const app = JSON.stringify((await stack.inputs("azure-native:app:ContainerApp")).get("api"));
    expect(app).toContain(`"https://${accountId}.eu.r2.cloudflarestorage.com/alai-dev-media"`);
    expect(app).toContain('"name":"MEDIA_SECRET_ACCESS_KEY","secretRef":"media-secret-access-key"');
    expect(app).not.toContain("OBJECTS_URL");
    expect(app).not.toMatch(/"[0-9a-f]{64}"/);
    const held = (await stack.inputs("azure-native:keyvault:Secret")).get("vault-r2-media-write");
    expect(held).toMatchObject({ secretName: "r2-media-write" });
  });

  it("refuses a name without a zone, and a bucket that there is not", async () => {
    const refusal = (make: (made: R2Buckets) => unknown, more: Partial<R2BucketsArgs> = {}) =>
      new AzureStack([account, aZone]).refusal((around) => make(buckets(around, vaultOf(around), more)));
    expect(await refusal(() => undefined, { zones: new Map() })).toContain(
      'R2Buckets "buckets": buckets[0].domain: no zone of the environment holds "media.alai.no"',
    );
    expect(await refusal((made) => made.access("evidence", "read"))).toContain(
      'R2Buckets "buckets": there is no bucket "evidence"; add it to the buckets',
    );
  });

  it("of the inventory says why its bucket may be the only copy, once, and keeps objects no shorter than it pays", () => {
    const issues = (entry: object) =>
      r2BucketsSchema
        .safeParse({ buckets: [entry] })
        .error?.issues.map(({ path, message }) => `${String(path.at(-1))}: ${message}`);
    const { onlyCopy: _, ...without } = media;
    expect(issues(without)?.[0]).toContain("onlyCopy");
    expect(issues({ ...media, retentionDays: 40 })).toEqual([
      "retentionDays: is less than 30 days after infrequentAfterDays (30), for which Cloudflare is paid in any case",
    ]);
    expect(r2BucketsSchema.safeParse({ buckets: [media, media] }).success).toBe(false);
    expect(issues({ ...media, cors: { origins: ["http://a.example"], methods: ["GET"] } })?.[0]).toContain("https://");
  });
});
