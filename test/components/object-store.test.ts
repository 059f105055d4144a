import { ResourceGroup } from "@pulumi/azure-native/resources";
import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { ContainerJob } from "../../components/container-apps/container-job";
import { Network } from "../../components/network/network";
import { ObjectStore, type ObjectStoreArgs } from "../../components/object-store/object-store";
import { ObjectStoreCopy } from "../../components/object-store/object-store-copy";
import { AzureStack, type Surroundings } from "./azure-stack";

const account = "azure-native:storage:StorageAccount";
const replication = "azure-native:storage:ObjectReplicationPolicy";

const store = (around: Surroundings, more: Partial<ObjectStoreArgs> = {}) =>
  new ObjectStore("objects", {
    ...around,
    redundancy: "zone",
    recoveryDays: 30,
    containers: [{ name: "transcripts", coolAfterDays: 30, retentionDays: 365 }, { name: "attachments" }],
    ...more,
  });

describe("ObjectStore", () => {
  it("is closed, keeps versions, gives each container its life cycle, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const { blobEndpoint, privateNames } = store(around, { transform: { account: { accessTier: "Hot" } } });
      return { blobEndpoint, privateNames };
    });
    expect(outputs.privateNames).toEqual([
      expect.stringMatching(/^alaidevobjects[0-9a-f]{8}\.blob\.core\.windows\.net$/),
    ]);
    expect(outputs.blobEndpoint).toContain("https://alaidevobjects");
    expect((await stack.inputs(account)).get("objects")).toMatchObject({
      sku: { name: "Standard_ZRS" },
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      publicNetworkAccess: "Disabled",
      encryption: { requireInfrastructureEncryption: true },
    });
    expect((await stack.inputs("azure-native:storage:BlobServiceProperties")).get("objects")).toMatchObject({
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 30 },
    });
    const policy = (await stack.inputs("azure-native:storage:ManagementPolicy")).get("objects");
    expect(JSON.stringify(policy)).toContain('"tierToCool":{"daysAfterModificationGreaterThan":30}');
    expect([...(await stack.inputs(replication)).keys()]).toEqual([]);
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("copies every object to a second account in another region, and keeps the first from being deleted", async () => {
    const stack = new AzureStack();
    await stack.upTwice((around) => {
      const made = store(around, { copiesTo: "northeurope" });
      const job = new ContainerJob("dumps", {
        ...{ ...around, environment: new ContainerAppsEnvironment("apps", around) },
        ...{ image: { ownedBy: "release", repository: "ghcr.io/example/dumps" }, trigger: { by: "hand" } },
        ...{ timeoutSeconds: 60, roles: [made.access("transcripts", "write"), made.access("attachments", "read")] },
      });
      made.lock([job]);
    });
    // Nothing in a group can be changed while the group's region is lost.
    expect((await stack.inputs("azure-native:resources:ResourceGroup")).get("objects-copies")).toMatchObject({
      resourceGroupName: "alai-dev-objects-copies",
      location: "northeurope",
    });
    expect((await stack.inputs(account)).get("objects-copies")).toMatchObject({
      location: "northeurope",
      resourceGroupName: "alai-dev-objects-copies",
      accessTier: "Cool",
      publicNetworkAccess: "Disabled",
    });
    const policies = await stack.inputs(replication);
    const received = policies.get("objects-copies");
    expect(received).toMatchObject({
      objectReplicationPolicyId: "default",
      rules: [{ sourceContainer: "transcripts" }, { sourceContainer: "attachments" }],
    });
    expect(policies.get("objects")).toMatchObject({
      objectReplicationPolicyId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      rules: [{ ruleId: expect.any(String) }, { ruleId: expect.any(String) }],
    });
    const settings = await stack.inputs("azure-native:storage:BlobServiceProperties");
    expect([...settings.values()].every((each) => JSON.stringify(each).includes('"changeFeed":{"enabled":true'))).toBe(
      true,
    );
    expect(settings.get("objects-copies")).not.toHaveProperty("restorePolicy");
    const roles = [...(await stack.inputs("azure-native:authorization:RoleAssignment")).keys()].sort();
    expect(roles).toEqual([
      "dumps-job-storage-blob-data-contributor-on-transcripts",
      "dumps-job-storage-blob-data-reader-on-attachments",
    ]);
    expect([...(await stack.inputs("azure-native:authorization:ManagementLockByScope")).keys()]).toEqual(["objects"]);
    // Azure keeps what leads below a lock, so it goes after the lock.
    const lock = (await stack.resources()).find(({ type }) => type.endsWith(":ManagementLockByScope"));
    expect(lock?.dependencies.map((urn) => urn.split("$").at(-1))).toContain(
      "azure-native:network:PrivateEndpoint::objects-blob",
    );
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("has its copies used by an environment that stands by, which can go while the store is locked", async () => {
    const stack = new AzureStack();
    const deploy = (standsBy: boolean) => (around: Surroundings) => {
      const made = store(around, { copiesTo: "northeurope" });
      made.lock();
      if (!standsBy || made.copy === undefined) return {};
      const group = new ResourceGroup("standby", { resourceGroupName: "alai-dr", location: "northeurope" });
      const context = { ...around.context, environment: "dr", location: "northeurope" };
      const there = { ...around, context, resourceGroupName: group.name };
      const network = new Network("standby", {
        ...there,
        addressSpace: "10.21.0.0/16",
        subnets: { apps: "10.21.0.0/23", privateEndpoints: "10.21.3.0/26" },
        privateDnsZones: ["blob"],
      });
      const containers = ["transcripts", "attachments"];
      const copies = new ObjectStoreCopy("standby", { ...there, network, copy: made.copy, containers });
      new ContainerJob("reader", {
        ...{ ...around, environment: new ContainerAppsEnvironment("apps", around) },
        ...{ image: { ownedBy: "release", repository: "ghcr.io/example/reader" }, trigger: { by: "hand" } },
        ...{ timeoutSeconds: 60, env: { OBJECTS_URL: copies.blobEndpoint } },
        roles: [copies.access("transcripts", "write"), copies.access("attachments", "read")],
      });
      return { copies: made.copy, names: copies.privateNames };
    };
    const { outputs } = await stack.upTwice(deploy(true));
    expect(outputs.copies).toMatchObject({
      accountId: expect.stringMatching(/\/resourceGroups\/alai-dev-objects-copies\/.+\/alaidevobjectsc[0-9a-z]+$/),
    });
    expect(outputs.names).toEqual([expect.stringMatching(/^alaidevobjectsc[0-9a-z]+\.blob\.core\.windows\.net$/)]);
    const scopes = [...(await stack.inputs("azure-native:authorization:RoleAssignment")).values()].map(({ scope }) =>
      String(scope).replace(/.*\/storageAccounts\//, ""),
    );
    expect(scopes.sort()).toEqual([
      expect.stringMatching(/^alaidevobjectsc\w+\/blobServices\/default\/containers\/attachments$/),
      expect.stringMatching(/^alaidevobjectsc\w+\/blobServices\/default\/containers\/transcripts$/),
    ]);
    expect([...(await stack.inputs(account)).keys()].sort()).toEqual(["objects", "objects-copies"]);
    await stack.up(deploy(false));
    expect([...(await stack.inputs("azure-native:authorization:RoleAssignment")).keys()]).toEqual([]);
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
    const unknown = new AzureStack().refusal((around) => {
      const { copy } = store(around, { copiesTo: "northeurope" });
      if (copy === undefined) throw new Error("it has none");
      new ObjectStoreCopy("standby", { ...around, copy, containers: ["transcripts"] }).access("exports", "read");
    });
    expect(await unknown).toContain('ObjectStoreCopy "standby": the container "exports" is not declared');
  });

  it("refuses copies to where it is itself, and what cannot be kept, before anything is made", async () => {
    const refusal = await new AzureStack().refusal((around) =>
      store(around, {
        copiesTo: "swedencentral",
        containers: [{ name: "a1b", coolAfterDays: 30, retentionDays: 30 }, { name: "a1b" }],
      }),
    );
    expect(refusal).toContain('copiesTo: "swedencentral" is where the account is itself; name another region');
    expect(refusal).toContain("containers[0].coolAfterDays: 30 is not below retentionDays 30; leave it out");
    expect(refusal).toContain('containers[1].name: "a1b" is given twice; keep one of them');
    expect(await new AzureStack().refusal((around) => store(around).access("exports", "read"))).toContain(
      'the container "exports" is not declared',
    );
  });

  it("is refused by Azure, too, when what copies need is taken away past the component", async () => {
    const stack = new AzureStack();
    const refusal = await stack.refusal((around) => {
      const withoutFeed: pulumi.ResourceTransformation = ({ type, props, opts }) =>
        type === "azure-native:storage:BlobServiceProperties"
          ? { props: { ...props, changeFeed: undefined, restorePolicy: undefined }, opts }
          : undefined;
      const args = { redundancy: "local" as const, recoveryDays: 7, containers: [{ name: "exports" }] };
      new ObjectStore("objects", { ...around, ...args, copiesTo: "northeurope" }, { transformations: [withoutFeed] });
    });
    expect(refusal).toContain("Object replication needs 'changeFeed.enabled'");
  });
});
