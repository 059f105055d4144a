import { SkuName } from "@pulumi/azure-native/types/enums/redisenterprise";
import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Secret } from "../../../../deployment/values/property-value";
import { redisEnterpriseSkus } from "../../../../sandbox/clouds/azure-native/redisenterprise";
import { Azure, guid } from "./azure-fixture";

describe("a registry", () => {
  const registry = (given: PropertyMap) => ({ resourceGroupName: "rg", registryName: "images", ...given });

  // Source: Azure documentation, "Azure Container Registry SKU features and limits"; codes as the tiers' messages were reported.
  it.each<[string, PropertyMap]>([
    ["DisablingPublicNetworkAccessNotSupported", { publicNetworkAccess: "Disabled" }],
    ["SkuNotSupported", { networkRuleSet: { defaultAction: "Deny" } }],
    ["SkuNotSupported", { zoneRedundancy: "Enabled" }],
    ["SkuNotSupported", { encryption: { status: "enabled" } }],
    ["SkuNotSupported", { dataEndpointEnabled: true }],
    ["SkuNotSupported", { policies: { retentionPolicy: { status: "enabled", days: 7 } } }],
    ["SkuNotSupported", { policies: { exportPolicy: { status: "disabled" } } }],
    ["SkuNotSupported", { policies: { trustPolicy: { status: "enabled" } } }],
    ["SkuNotSupported", { policies: { quarantinePolicy: { status: "enabled" } } }],
  ])("below Premium is refused as %s with %j", async (code, given) => {
    const azure = await Azure.withGroup();
    for (const name of ["Basic", "Standard"]) {
      const refused = azure.create("containerregistry:Registry", registry({ sku: { name }, ...given }));
      await expect(refused).rejects.toMatchObject({ code });
    }
    await azure.create("containerregistry:Registry", registry({ sku: { name: "Premium" }, ...given }));
  });

  // Source: MicrosoftDocs/azure-docs#94535.
  it("is pulled from without signing in from the Standard tier on", async () => {
    const azure = await Azure.withGroup();
    const open = (name: string) =>
      azure.create("containerregistry:Registry", registry({ sku: { name }, anonymousPullEnabled: true }));
    await expect(open("Basic")).rejects.toThrow("Anonymous pull is not supported for SKU Managed_Basic");
    await open("Standard");
  });

  it("has a server name", async () => {
    const azure = await Azure.withGroup();
    const made = await azure.create(
      "containerregistry:Registry",
      registry({ registryName: "Images", sku: { name: "Basic" } }),
    );
    expect(made.outputs).toMatchObject({ loginServer: "images.azurecr.io", sku: { tier: "Basic" } });
  });
});
describe("a Service Bus namespace", () => {
  const namespace = (name: string, given: PropertyMap = {}) => ({
    resourceGroupName: "rg",
    namespaceName: "events-bus",
    sku: { name },
    ...given,
  });

  it.each<PropertyMap>([{ publicNetworkAccess: "Disabled" }, { premiumMessagingPartitions: 1 }, { encryption: {} }])(
    "of the Standard tier is refused with %j",
    async (given) => {
      const azure = await Azure.withGroup();
      await expect(azure.create("servicebus:Namespace", namespace("Standard", given))).rejects.toMatchObject({
        code: "BadRequest",
      });
      await azure.create("servicebus:Namespace", namespace("Premium", given));
    },
  );

  it("does not change to Premium", async () => {
    const azure = await Azure.withGroup();
    const made = await azure.create("servicebus:Namespace", namespace("Standard"));
    await expect(azure.update(made, namespace("Premium"))).rejects.toMatchObject({ code: "BadRequest" });
    expect(
      (
        await azure.create("servicebus:Queue", {
          resourceGroupName: "rg",
          namespaceName: "events-bus",
          queueName: "in",
        })
      ).outputs,
    ).toMatchObject({
      maxDeliveryCount: 10,
      status: "Active",
    });
  });
});
describe("a queue", () => {
  const inNamespace = async (name: string) => {
    const azure = await Azure.withGroup();
    await azure.create("servicebus:Namespace", { resourceGroupName: "rg", namespaceName: "events-bus", sku: { name } });
    return azure;
  };
  const queue = (more: PropertyMap = {}) => ({
    ...{ resourceGroupName: "rg", namespaceName: "events-bus", queueName: "in", ...more },
  });
  const refused = (message: string) => ({
    code: "MessagingGatewayBadRequest",
    message: expect.stringContaining(message),
  });

  it.each<[string, PropertyMap]>([
    ["The property 'RequiresDuplicateDetection' cannot be set", { requiresDuplicateDetection: true }],
    ["The property 'RequiresSession' cannot be set", { requiresSession: true }],
    ["The property 'AutoDeleteOnIdle' cannot be set", { autoDeleteOnIdle: "P1D" }],
    ["'DefaultMessageTimeToLive' must be between", { defaultMessageTimeToLive: "P15D" }],
  ])("of the Basic tier is refused: %s", async (message, more) => {
    const basic = await inNamespace("Basic");
    await expect(basic.create("servicebus:Queue", queue(more))).rejects.toMatchObject(refused(message));
    await basic.create("servicebus:Queue", queue({ requiresSession: false, defaultMessageTimeToLive: "P14D" }));
    await (await inNamespace("Standard")).create("servicebus:Queue", queue(more));
  });

  it("takes larger messages on Premium only, and shares its names with topics, which Basic has not", async () => {
    const standard = await inNamespace("Standard");
    const large = queue({ maxMessageSizeInKilobytes: 2048 });
    await expect(standard.create("servicebus:Queue", large)).rejects.toMatchObject(refused("Bad Request"));
    await (await inNamespace("Premium")).create("servicebus:Queue", large);
    await standard.create("servicebus:Queue", queue());
    const topic = (topicName: string) => ({ resourceGroupName: "rg", namespaceName: "events-bus", topicName });
    await expect(standard.create("servicebus:Topic", topic("IN"))).rejects.toMatchObject(refused("Bad Request"));
    await standard.create("servicebus:Topic", topic("news"));
    await expect((await inNamespace("Basic")).create("servicebus:Topic", topic("news"))).rejects.toMatchObject(
      refused("Cannot operate on type Topic because the namespace 'events-bus' is using 'Basic' tier."),
    );
  });

  it.each<[PropertyMap, string]>([
    [{ lockDuration: "PT6M" }, "expected a duration from PT5S to PT5M"],
    [{ lockDuration: "5m" }, 'got "5m"'],
    [{ duplicateDetectionHistoryTimeWindow: "P8D" }, "expected a duration from PT20S to P7D"],
    [{ maxDeliveryCount: 0 }, "expected a number from 1 to 2000"],
  ])("is not %j", async (more, reason) => {
    await expect(new Azure().check("servicebus:Queue", queue(more))).rejects.toThrow(reason);
  });
});
describe("a cache", () => {
  const redis = (name: string, family: string) => ({
    resourceGroupName: "rg",
    name: "cache",
    sku: { name, family, capacity: 1 },
  });

  it("has a tier with its family, is not scaled down, and keeps its keys secret", async () => {
    const azure = await Azure.withGroup();
    await expect(azure.create("redis:Redis", redis("Basic", "P"))).rejects.toMatchObject({
      code: "InvalidRequestBody",
    });
    const made = await azure.create("redis:Redis", redis("Standard", "C"));
    expect(made.outputs.accessKeys).toBeInstanceOf(Secret);
    await expect(azure.update(made, redis("Basic", "C"))).rejects.toMatchObject({ code: "InvalidRequestBody" });
  });

  it.each([
    ["Premium", "P", 0],
    ["Premium", "P", 6],
    ["Standard", "C", 7],
  ])("of tier %s has no size %s%i", async (name, family, capacity) => {
    const azure = await Azure.withGroup();
    const inputs = { resourceGroupName: "rg", name: "cache", sku: { name, family, capacity } };
    await expect(azure.create("redis:Redis", inputs)).rejects.toThrow(/capacity/);
  });

  const cluster = (sku: PropertyMap) => ({
    ...{
      resourceGroupName: "rg",
      clusterName: "cache",
      location: "swedencentral",
      publicNetworkAccess: "Disabled",
      sku,
    },
  });

  it("in Managed Redis has the sizes that the provider declares", () => {
    expect([...redisEnterpriseSkus].sort()).toEqual(Object.values(SkuName).sort());
  });

  it.each<PropertyMap>([
    { name: "Balanced_B0" },
    { name: "FlashOptimized_A4500" },
    { name: "Enterprise_E10", capacity: 4 },
    { name: "EnterpriseFlash_F300", capacity: 9 },
  ])("in Managed Redis may be %j", async (sku) => {
    await expect(new Azure().check("redisenterprise:RedisEnterprise", cluster(sku))).resolves.toBeDefined();
  });

  it.each<[PropertyMap, string]>([
    [{ name: "Nonsense_B0" }, 'got "Nonsense_B0"'],
    [{ name: "Balanced_B2" }, 'got "Balanced_B2"'],
    [{ name: "balanced_b0" }, 'got "balanced_b0"'],
    [{ name: "Balanced_B1", capacity: 2 }, "Balanced_B1 has its size in its name"],
    [{ name: "Enterprise_E10" }, "expected 2, 4, 6, … for Enterprise_E10, got none"],
    [{ name: "EnterpriseFlash_F300", capacity: 4 }, "expected 3, 9, 15, … for EnterpriseFlash_F300, got 4"],
  ])("in Managed Redis may not be %j", async (sku, reason) => {
    await expect(new Azure().check("redisenterprise:RedisEnterprise", cluster(sku))).rejects.toThrow(reason);
  });

  it("with the module RediSearch neither evicts nor uses the OSS cluster protocol", async () => {
    const search = { resourceGroupName: "rg", clusterName: "cache", modules: [{ name: "RediSearch" }] };
    const check = (more: PropertyMap) =>
      new Azure().check("redisenterprise:Database", { ...search, databaseName: "default", ...more });
    await expect(check({})).rejects.toThrow("expected EnterpriseCluster for the module RediSearch, got the default");
    await expect(check({ clusteringPolicy: "OSSCluster", evictionPolicy: "NoEviction" })).rejects.toThrow(
      "expected EnterpriseCluster for the module RediSearch, got OSSCluster",
    );
    await expect(check({ clusteringPolicy: "EnterpriseCluster", evictionPolicy: "NoEviction" })).resolves.toBeDefined();
  });

  it("in a Redis Enterprise cluster has one database, named default", async () => {
    const azure = await Azure.withGroup();
    await azure.create("redisenterprise:RedisEnterprise", {
      resourceGroupName: "rg",
      clusterName: "cache",
      sku: { name: "Balanced_B0" },
      publicNetworkAccess: "Disabled",
    });
    const database = { resourceGroupName: "rg", clusterName: "cache", databaseName: "default" };
    await azure.create("redisenterprise:Database", database);
    await expect(azure.check("redisenterprise:Database", { ...database, databaseName: "other" })).rejects.toThrow(
      'expected "default"',
    );
  });

  /** A Managed Redis cluster of a size in the group `rg`, and what its database is given. */
  const managed = async (size: string, more: PropertyMap = {}) => {
    const azure = await Azure.withGroup();
    await azure.create("redisenterprise:RedisEnterprise", cluster({ name: size }));
    const inputs = { resourceGroupName: "rg", clusterName: "cache", databaseName: "default", ...more };
    return { azure, inputs, made: await azure.create("redisenterprise:Database", inputs) };
  };

  it("in Managed Redis takes no zones: it spreads over them by itself", async () => {
    const azure = await Azure.withGroup();
    const inZones = azure.create("redisenterprise:RedisEnterprise", {
      ...cluster({ name: "Balanced_B1" }),
      zones: ["1", "2"],
    });
    await expect(inZones).rejects.toMatchObject({
      code: "BadRequest",
      message: expect.stringContaining("Specifying zones for SKU 'Balanced_B1' is not supported."),
    });
  });

  it.each<[PropertyMap, string]>([
    [
      { aofEnabled: true, aofFrequency: "1s", rdbEnabled: true, rdbFrequency: "1h" },
      "at most one of aofEnabled and rdb",
    ],
    [{ rdbEnabled: true }, "rdbFrequency beside rdbEnabled"],
    [{ rdbEnabled: true, rdbFrequency: "2h" }, 'got "2h"'],
  ])("in Managed Redis is not kept as %j", async (persistence, reason) => {
    const inputs = { resourceGroupName: "rg", clusterName: "cache", databaseName: "default", persistence };
    await expect(new Azure().check("redisenterprise:Database", inputs)).rejects.toThrow(reason);
  });

  it("in Managed Redis is replicated to another region or kept on disk, not both", async () => {
    const inputs = { resourceGroupName: "rg", clusterName: "cache", databaseName: "default" };
    const persistence = { aofEnabled: true, aofFrequency: "1s" };
    const check = (more: PropertyMap) =>
      new Azure().check("redisenterprise:Database", { ...inputs, persistence, ...more });
    await expect(check({ geoReplication: { groupNickname: "all" } })).rejects.toThrow("expected none beside geoRep");
    await expect(check({})).resolves.toBeDefined();
  });

  it("in Managed Redis is without a cluster up to 25 GB, and may become one later", async () => {
    await expect(managed("Balanced_B50", { clusteringPolicy: "NoCluster" })).rejects.toMatchObject({
      code: "BadRequest",
    });
    const { azure, inputs, made } = await managed("Balanced_B20", { clusteringPolicy: "NoCluster" });
    const clustered = { ...inputs, clusteringPolicy: "OSSCluster" };
    expect((await azure.diff(made, clustered)).replaces).toEqual([]);
    const updated = await azure.update(made, clustered);
    expect((await azure.diff(updated, inputs)).replaces).toEqual(["clusteringPolicy"]);
  });

  it("in Managed Redis lets each identity in once, with the one policy that there is", async () => {
    const { azure, inputs } = await managed("Balanced_B0");
    const assignment = (accessPolicyAssignmentName: string, more: PropertyMap = {}) => ({
      ...inputs,
      ...{ accessPolicyAssignmentName, accessPolicyName: "default", user: { objectId: guid }, ...more },
    });
    const type = "redisenterprise:AccessPolicyAssignment";
    await expect(azure.check(type, assignment("api_1"))).rejects.toThrow("1 to 60 letters and digits");
    await expect(azure.check(type, assignment("api", { accessPolicyName: "reader" }))).rejects.toThrow('got "reader"');
    await azure.create(type, assignment("api"), "api");
    await expect(azure.create(type, assignment("web"), "web")).rejects.toMatchObject({
      message: expect.stringContaining("duplicate entries"),
    });
  });

  it("in Managed Redis takes one change at a time", async () => {
    const { azure, inputs } = await managed("Balanced_B0");
    const assign = (name: string, last: string) =>
      azure.create(
        "redisenterprise:AccessPolicyAssignment",
        {
          ...inputs,
          accessPolicyAssignmentName: name,
          accessPolicyName: "default",
          user: { objectId: guid.replace(/.$/, last) },
        },
        name,
      );
    const both = await Promise.allSettled([assign("api", "1"), assign("web", "2")]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});
