import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Azure, type Deployed, grantedIdentity, group, subnetFor } from "./azure-fixture";
import { acrPull, app, consumption, job, secretsUser, withEnvironment } from "./container-apps-fixture";
import { privateWay } from "./network-fixture";

/** An environment in a network. */
async function inNetwork() {
  const azure = await Azure.withGroup();
  const subnet = await subnetFor(azure, "Microsoft.App/environments", "10.20.0.0/23");
  const environment = await azure.create(
    "app:ManagedEnvironment",
    {
      resourceGroupName: "rg",
      environmentName: "env",
      workloadProfiles: consumption,
      vnetConfiguration: { infrastructureSubnetId: subnet.id },
    },
    "env",
  );
  return { azure, environment };
}

describe("an image in a registry", () => {
  const image = "images.azurecr.io/api@sha256:aa";

  async function withRegistry() {
    const { azure, environment } = await withEnvironment();
    const registry = await azure.create("containerregistry:Registry", {
      resourceGroupName: "rg",
      registryName: "images",
      sku: { name: "Basic" },
    });
    const push = () =>
      azure.world.transact((world) =>
        world.put({
          cloud: "azure",
          kind: "azure-native:containerregistry:Image",
          id: `${registry.id}/images/api@sha256:aa`,
          properties: {},
        }),
      );
    const pulling = (identity: string) => ({
      identity: { type: "UserAssigned", userAssignedIdentities: [identity] },
      configuration: { registries: [{ server: "images.azurecr.io", identity }] },
    });
    return { azure, environment, registry, push, pulling };
  }
  const refused = (detail: string) => ({
    code: "InvalidParameterValueInContainerTemplate",
    message: expect.stringContaining(detail),
  });

  it("is pulled by an identity that may, once it was pushed", async () => {
    const { azure, environment, registry, push, pulling } = await withRegistry();
    const stranger = await azure.create("managedidentity:UserAssignedIdentity", {
      resourceGroupName: "rg",
      resourceName: "stranger",
    });
    const reader = await grantedIdentity(azure, registry.id, acrPull);
    const create = (identity: Deployed) =>
      azure.create("app:ContainerApp", app(environment, pulling(identity.id), { image }));
    await push();
    await expect(create(stranger)).rejects.toMatchObject(refused("no role AcrPull"));
    await create(reader);
  });

  it("must be there, unless the app runs it already", async () => {
    const { azure, environment, registry, push, pulling } = await withRegistry();
    const reader = await grantedIdentity(azure, registry.id, acrPull);
    const inputs = app(environment, pulling(reader.id), { image });
    await expect(azure.create("app:ContainerApp", inputs)).rejects.toMatchObject(refused("MANIFEST_UNKNOWN"));
    const made = await azure.create("app:ContainerApp", app(environment, pulling(reader.id)));
    await expect(azure.update(made, inputs)).rejects.toMatchObject(refused("MANIFEST_UNKNOWN"));
    await push();
    await azure.update(made, inputs);
    await azure.world.transact((world) =>
      world.delete("azure-native:containerregistry:Image", `${registry.id}/images/api@sha256:aa`),
    );
    await azure.update(made, { ...inputs, tags: { a: "b" } });
  });

  it("is not pulled by an identity that the app does not have, nor by its own before the app exists, nor by nobody", async () => {
    const { azure, environment, registry, push, pulling } = await withRegistry();
    const reader = await grantedIdentity(azure, registry.id, acrPull);
    await push();
    const create = (given: PropertyMap) => azure.create("app:ContainerApp", app(environment, given, { image }));
    await expect(create({ configuration: pulling(reader.id).configuration })).rejects.toMatchObject(
      refused("not assigned"),
    );
    const own = {
      identity: { type: "SystemAssigned" },
      configuration: { registries: [{ server: "images.azurecr.io", identity: "system" }] },
    };
    await expect(create(own)).rejects.toMatchObject(refused("not assigned"));
    await expect(create({})).rejects.toMatchObject(refused("not among 'configuration.registries'"));
  });

  it("is pulled without an identity where the registry lets anybody, or has an admin user whose password is given", async () => {
    const { azure, environment, registry, push } = await withRegistry();
    await push();
    const byPassword = {
      configuration: {
        secrets: [{ name: "password", value: "v" }],
        registries: [{ server: "images.azurecr.io", username: "images", passwordSecretRef: "password" }],
      },
    };
    const create = (given: PropertyMap) => azure.create("app:ContainerApp", app(environment, given, { image }));
    await expect(create(byPassword)).rejects.toMatchObject(refused("no admin user"));
    const opened = await azure.update(registry, { ...registry.inputs, adminUserEnabled: true });
    await azure.delete(await create(byPassword));
    await azure.update(opened, { ...registry.inputs, sku: { name: "Standard" }, anonymousPullEnabled: true });
    await create({});
  });

  it("is pulled with a role on anything above the registry, but not through a closed door", async () => {
    const { azure, environment, registry, push, pulling } = await withRegistry();
    const reader = await grantedIdentity(azure, group, acrPull);
    await push();
    const create = () => azure.create("app:ContainerApp", app(environment, pulling(reader.id), { image }));
    await azure.delete(await create());
    await azure.update(registry, { ...registry.inputs, sku: { name: "Premium" }, publicNetworkAccess: "Disabled" });
    await expect(create()).rejects.toMatchObject(refused("public access is closed"));
  });
});

/** An environment in a network, and a vault. */
async function withVault(properties: PropertyMap = {}) {
  const { azure, environment } = await inNetwork();
  const vault = await azure.create("keyvault:Vault", {
    resourceGroupName: "rg",
    vaultName: "vault",
    properties: {
      tenantId: "00000000-0000-4000-8000-000000000002",
      sku: { name: "standard", family: "A" },
      enableRbacAuthorization: true,
      ...properties,
    },
  });
  const secret = (value: PropertyMap = { value: "v" }) =>
    azure.create(
      "keyvault:Secret",
      { resourceGroupName: "rg", vaultName: "vault", secretName: "token", properties: value },
      "token",
    );
  return { azure, environment, vault, secret };
}

describe("a certificate from a vault", () => {
  const certificate = (identity: string) => ({
    resourceGroupName: "rg",
    environmentName: "env",
    certificateName: "edge",
    properties: {
      certificateKeyVaultProperties: { identity, keyVaultUrl: "https://vault.vault.azure.net/secrets/token" },
    },
  });
  const refused = (detail: string) => ({ code: "InvalidCertificate", message: expect.stringContaining(detail) });

  it("is read by an identity of the environment that may, of a secret that holds one", async () => {
    const { azure, environment, vault, secret } = await withVault();
    const { id } = await grantedIdentity(azure, vault.id, secretsUser);
    const create = () => azure.create("app:Certificate", certificate(id));
    await expect(create()).rejects.toMatchObject(refused("not assigned to the app or environment"));
    const identity = { type: "UserAssigned", userAssignedIdentities: [id] };
    await azure.update(environment, { ...environment.inputs, identity });
    await expect(create()).rejects.toMatchObject(refused("SecretNotFound"));
    const made = await secret();
    await expect(create()).rejects.toMatchObject(refused("holds no PKCS #12"));
    await azure.update(made, { ...made.inputs, properties: { value: "v", contentType: "application/x-pkcs12" } });
    await create();
  });

  it("is not read from a closed vault to which the network has no way", async () => {
    const { azure, environment, vault, secret } = await withVault({ publicNetworkAccess: "Disabled" });
    await secret({ value: "v", contentType: "application/x-pkcs12" });
    const { id } = await grantedIdentity(azure, vault.id, secretsUser);
    const identity = { type: "UserAssigned", userAssignedIdentities: [id] };
    await azure.update(environment, { ...environment.inputs, identity });
    const create = () => azure.create("app:Certificate", certificate(id));
    await expect(create()).rejects.toMatchObject(refused("no private endpoint"));
  });
});

describe("a Key Vault reference", () => {
  async function withReader(properties: PropertyMap = {}) {
    const { azure, environment, vault, secret } = await withVault(properties);
    const reading = (identity: string, keyVaultUrl = "https://vault.vault.azure.net/secrets/token") => ({
      identity: { type: "UserAssigned", userAssignedIdentities: [identity] },
      configuration: { secrets: [{ name: "token", keyVaultUrl, identity }] },
    });
    return { azure, environment, vault, reading, secret };
  }
  const refused = (detail: string) => ({
    code: "InvalidParameterValueInContainerTemplate",
    message: expect.stringContaining(detail),
  });

  it("is read by an identity that may, of a secret that exists", async () => {
    const { azure, environment, vault, reading, secret } = await withReader();
    const stranger = await azure.create("managedidentity:UserAssignedIdentity", {
      resourceGroupName: "rg",
      resourceName: "stranger",
    });
    const reader = await grantedIdentity(azure, vault.id, secretsUser);
    const create = (given: PropertyMap) => azure.create("app:ContainerApp", app(environment, given));
    await expect(create(reading(reader.id))).rejects.toMatchObject(refused("SecretNotFound"));
    const made = await secret();
    await expect(create(reading(stranger.id))).rejects.toMatchObject(
      refused("Unable to get value using Managed identity"),
    );
    await expect(create(reading(reader.id, "https://other.vault.azure.net/secrets/token"))).rejects.toMatchObject(
      refused("no such host"),
    );
    await expect(create(reading(reader.id, "https://vault.vault.azure.net/secrets/token/0123"))).rejects.toMatchObject(
      refused("SecretNotFound"),
    );
    const version = made.outputs.properties;
    expect(version).toMatchObject({ secretUriWithVersion: expect.stringMatching(/\/secrets\/token\/[0-9a-f]{32}$/) });
    const app1 = await create(reading(reader.id));
    await azure.delete(app1);
    const url =
      typeof version === "object" && version !== null && "secretUriWithVersion" in version
        ? version.secretUriWithVersion
        : "";
    await create(reading(reader.id, String(url)));
  });

  it("in a job obeys the same rule", async () => {
    const { azure, environment, reading, secret } = await withReader();
    await secret();
    const stranger = await azure.create("managedidentity:UserAssignedIdentity", {
      resourceGroupName: "rg",
      resourceName: "stranger",
    });
    const { identity, configuration } = reading(stranger.id);
    const inputs = {
      ...job(environment, { triggerType: "Manual", manualTriggerConfig: {}, ...configuration }),
      identity,
    };
    await expect(azure.create("app:Job", inputs)).rejects.toMatchObject(refused("may not read"));
  });

  it("into a closed vault needs a private endpoint in the environment's network", async () => {
    const { azure, environment, vault, reading, secret } = await withReader({ publicNetworkAccess: "Disabled" });
    await secret();
    const reader = await grantedIdentity(azure, vault.id, secretsUser);
    const create = () => azure.create("app:ContainerApp", app(environment, reading(reader.id)));
    await expect(create()).rejects.toMatchObject(refused("no private endpoint"));
    const subnet = await subnetFor(azure, undefined, "10.20.8.0/26");
    await privateWay(azure, { target: vault, groupId: "vault", zone: "privatelink.vaultcore.azure.net", subnet });
    await create();
  });

  it("is read by access policy in a vault that does not use roles", async () => {
    const { azure, environment, vault, reading, secret } = await withReader({ enableRbacAuthorization: false });
    await secret();
    const reader = await grantedIdentity(azure, vault.id, secretsUser);
    const create = () => azure.create("app:ContainerApp", app(environment, reading(reader.id)));
    await expect(create()).rejects.toMatchObject(refused("may not read"));
    const tenantId = "00000000-0000-4000-8000-000000000002";
    const policy = { objectId: reader.outputs.principalId ?? "", tenantId, permissions: { secrets: ["get"] } };
    await azure.update(vault, {
      ...vault.inputs,
      properties: {
        tenantId,
        sku: { name: "standard", family: "A" },
        enableRbacAuthorization: false,
        accessPolicies: [policy],
      },
    });
    await create();
  });
});

describe("a closed cache that an app is told of", () => {
  const rule = (name: string, priority: number, access: string, ports: readonly string[]) => ({
    ...{ name, priority, access, direction: "Inbound", protocol: "Tcp", sourceAddressPrefix: "VirtualNetwork" },
    destinationPortRanges: [...ports],
  });
  const told = { env: [{ name: "REDIS_URL", value: "rediss://cache.swedencentral.redis.azure.net:10000" }] };

  /** An app in an environment whose network leads to the cache through this zone, past a security group that opens these ports. */
  async function started(zone: string, ports: readonly string[]): Promise<Deployed> {
    const { azure, environment } = await inNetwork();
    const target = await azure.create("redisenterprise:RedisEnterprise", {
      ...{ resourceGroupName: "rg", clusterName: "cache", location: "swedencentral" },
      ...{ sku: { name: "Balanced_B0" }, publicNetworkAccess: "Disabled" },
    });
    const create = () => azure.create("app:ContainerApp", app(environment, {}, told));
    await expect(create()).rejects.toMatchObject({
      code: "ContainerAppOperationError",
      message: expect.stringContaining("the network has no private endpoint to it"),
    });
    const securityRules = [rule("some", 100, "Allow", ports), rule("none", 200, "Deny", ["*"])];
    const guard = await azure.create("network:NetworkSecurityGroup", {
      ...{ resourceGroupName: "rg", networkSecurityGroupName: "guard", location: "swedencentral", securityRules },
    });
    const subnet = await azure.create("network:Subnet", {
      ...{ resourceGroupName: "rg", virtualNetworkName: "net", subnetName: "endpoints", addressPrefix: "10.20.8.0/26" },
      networkSecurityGroup: { id: guard.id },
      privateEndpointNetworkPolicies: "NetworkSecurityGroupEnabled",
    });
    await privateWay(azure, { target, groupId: "redisEnterprise", zone, subnet });
    return create();
  }

  it("is reached by its name and on its port", async () => {
    await expect(started("privatelink.redis.azure.net", ["10000", "8500-8599"])).resolves.toBeDefined();
    await expect(started("privatelink.redis.azure.net", ["9990-10010"])).resolves.toBeDefined();
  });

  it.each([
    ["privatelink.redis.azure.net", ["443", "6380"], "the security group of endpoints keeps its port 10000 closed"],
    ["privatelink.redis.cache.windows.net", ["10000"], "which has no record in privatelink.redis.azure.net"],
  ])("is not reached by the zone %s through the ports %j", async (zone, ports, why) => {
    await expect(started(zone, ports)).rejects.toThrow(why);
  });
});
