import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../sandbox/engine/property-value";
import type { WorldObject } from "../../../sandbox/world/world";
import { Azure, type Deployed, grantedIdentity, group, subnetFor } from "./azure-fixture";

const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const secretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
const consumption = [{ name: "Consumption", workloadProfileType: "Consumption" }];
const placeholder = "mcr.microsoft.com/k8se/quickstart:latest";

async function withEnvironment(
  given: PropertyMap = { workloadProfiles: consumption },
  seed: readonly WorldObject[] = [],
) {
  const azure = await Azure.withGroup(seed);
  const environment = await azure.create(
    "app:ManagedEnvironment",
    { resourceGroupName: "rg", environmentName: "env", ...given },
    "env",
  );
  return { azure, environment };
}

function app(environment: Deployed, given: PropertyMap = {}, container: PropertyMap = {}): PropertyMap {
  return {
    resourceGroupName: "rg",
    containerAppName: "api",
    environmentId: environment.id,
    template: {
      containers: [{ name: "api", image: placeholder, resources: { cpu: 0.25, memory: "0.5Gi" }, ...container }],
    },
    ...given,
  };
}

function job(environment: Deployed, configuration: PropertyMap, container: PropertyMap = {}): PropertyMap {
  return {
    resourceGroupName: "rg",
    jobName: "nightly",
    environmentId: environment.id,
    configuration: { replicaTimeout: 600, ...configuration },
    template: { containers: [{ name: "run", image: placeholder, ...container }] },
  };
}

describe("an environment", () => {
  it("has a domain and an address of its own, the same after an update", async () => {
    const { azure, environment } = await withEnvironment();
    expect(environment.outputs.defaultDomain).toMatch(/^[a-z]+-[0-9a-f]{8}\.swedencentral\.azurecontainerapps\.io$/);
    const updated = await azure.update(environment, { ...environment.inputs, tags: { a: "b" } });
    expect(updated.outputs.defaultDomain).toBe(environment.outputs.defaultDomain);
    expect(updated.outputs.staticIp).toBe(environment.outputs.staticIp);
  });

  it("with workload profiles needs a delegated subnet, without them one that is not, of sufficient size, for itself", async () => {
    const azure = await Azure.withGroup();
    const plain = await subnetFor(azure, undefined, "10.20.0.0/23");
    const delegated = await subnetFor(azure, "Microsoft.App/environments", "10.20.4.0/27");
    const small = await subnetFor(azure, undefined, "10.20.6.0/24");
    const create = (subnet: Deployed, given: PropertyMap = {}, environmentName = "env") =>
      azure.create(
        "app:ManagedEnvironment",
        {
          resourceGroupName: "rg",
          environmentName,
          vnetConfiguration: { infrastructureSubnetId: subnet.id, internal: true },
          ...given,
        },
        environmentName,
      );
    const wrong = { code: "ManagedEnvironmentSubnetDelegationError" };
    await expect(create(plain, { workloadProfiles: consumption })).rejects.toMatchObject(wrong);
    await expect(create(delegated)).rejects.toMatchObject(wrong);
    await expect(create(small)).rejects.toMatchObject({ code: "ManagedEnvironmentInvalidNetworkConfiguration" });
    const made = await create(delegated, { workloadProfiles: consumption });
    expect(made.outputs.staticIp).toMatch(/^10\.20\.4\./);
    await expect(create(delegated, { workloadProfiles: consumption }, "env-two")).rejects.toMatchObject({
      code: "ManagedEnvironmentSubnetInUse",
    });
    await expect(create({ ...plain, id: `${plain.id}x` }, {}, "env-two")).rejects.toMatchObject({
      code: "InvalidResourceReference",
    });
  });

  it("is zone redundant only in a network, and logs to a workspace only with its key", async () => {
    const azure = await Azure.withGroup();
    await expect(
      azure.create("app:ManagedEnvironment", { resourceGroupName: "rg", environmentName: "env", zoneRedundant: true }),
    ).rejects.toMatchObject({
      code: "ManagedEnvironmentInvalidNetworkConfiguration",
    });
    await expect(
      azure.check("app:ManagedEnvironment", {
        resourceGroupName: "rg",
        environmentName: "env",
        appLogsConfiguration: { destination: "log-analytics" },
      }),
    ).rejects.toThrow("appLogsConfiguration.logAnalyticsConfiguration.sharedKey");
  });

  it("goes after its apps", async () => {
    const { azure, environment } = await withEnvironment();
    const made = await azure.create("app:ContainerApp", app(environment));
    await expect(azure.delete(environment)).rejects.toMatchObject({ code: "ManagedEnvironmentNotEmpty" });
    await azure.delete(made);
    await azure.delete(environment);
  });
});

describe("a container app", () => {
  const ingress = { configuration: { ingress: { external: true, targetPort: 80 } } };

  it("has a host name where it has an ingress, and a revision for each template", async () => {
    const { azure, environment } = await withEnvironment();
    const made = await azure.create("app:ContainerApp", app(environment, ingress));
    expect(made.outputs.configuration).toMatchObject({ ingress: { fqdn: `api.${environment.outputs.defaultDomain}` } });
    expect(made.outputs.latestRevisionName).toBe("api--0000001");
    const secret = { configuration: { ...ingress.configuration, secrets: [{ name: "a", value: "one" }] } };
    const same = await azure.update(made, app(environment, secret));
    expect(same.outputs.latestRevisionName).toBe("api--0000001");
    expect(JSON.stringify(same.outputs.configuration)).not.toContain("one");
    const next = await azure.update(same, app(environment, secret, { env: [{ name: "A", secretRef: "a" }] }));
    expect(next.outputs.latestRevisionName).toBe("api--0000002");
  });

  it("is found by getContainerApp with the image it runs", async () => {
    const { azure, environment } = await withEnvironment();
    await azure.create("app:ContainerApp", app(environment));
    expect(
      await azure.invoke("app:getContainerApp", { resourceGroupName: "rg", containerAppName: "api" }),
    ).toMatchObject({
      name: "api",
      template: { containers: [{ image: placeholder }] },
    });
  });

  it("cannot use a revision suffix twice", async () => {
    const { azure, environment } = await withEnvironment();
    const template = (cpu: number, memory: string) => ({
      template: {
        revisionSuffix: "first",
        containers: [{ name: "api", image: placeholder, resources: { cpu, memory } }],
      },
    });
    const made = await azure.create("app:ContainerApp", app(environment, template(0.25, "0.5Gi")));
    expect(made.outputs.latestRevisionName).toBe("api--first");
    await azure.update(made, { ...app(environment, template(0.25, "0.5Gi")), tags: { a: "b" } });
    await expect(azure.update(made, app(environment, template(0.5, "1Gi")))).rejects.toMatchObject({
      code: "InvalidParameterValueInContainerTemplate",
      message: expect.stringContaining("revision with suffix first already exists"),
    });
  });

  it.each<[string, PropertyMap, PropertyMap, string]>([
    ["0.25 cores with 1 Gi", {}, { resources: { cpu: 0.25, memory: "1Gi" } }, "ContainerAppInvalidResourceTotal"],
    ["more than 4 cores", {}, { resources: { cpu: 4.25, memory: "8.5Gi" } }, "ContainerAppInvalidResourceTotal"],
    ["an undeclared secret", {}, { env: [{ name: "A", secretRef: "missing" }] }, "ContainerAppSecretRefNotFound"],
    ["no container", { template: { containers: [] } }, {}, "ContainerAppImageRequired"],
    ["a secret without a source", { configuration: { secrets: [{ name: "a" }] } }, {}, "ContainerAppSecretInvalid"],
    [
      "a reference without an identity",
      { configuration: { secrets: [{ name: "a", keyVaultUrl: "https://v.vault.azure.net/secrets/a" }] } },
      {},
      "ContainerAppSecretInvalid",
    ],
    [
      "a value and a reference",
      {
        configuration: {
          secrets: [{ name: "a", value: "v", keyVaultUrl: "https://v.vault.azure.net/secrets/a", identity: "system" }],
        },
      },
      {},
      "ContainerAppSecretInvalid",
    ],
    ["an unknown profile", { workloadProfileName: "Big" }, {}, "WorkloadProfileNameNotSupported"],
    [
      "an unknown environment",
      { environmentId: `${group}/providers/Microsoft.App/managedEnvironments/other` },
      {},
      "EnvironmentNotFound",
    ],
  ])("is refused with %s", async (_, given, container, code) => {
    const { azure, environment } = await withEnvironment();
    await expect(azure.create("app:ContainerApp", app(environment, given, container))).rejects.toMatchObject({ code });
  });

  it.each([
    [0.25, "0.5Gi"],
    [0.5, "1Gi"],
    [4, "8Gi"],
    [0.75, "1536Mi"],
  ])("may ask for %s cores and %s", async (cpu, memory) => {
    const { azure, environment } = await withEnvironment();
    await azure.create("app:ContainerApp", app(environment, {}, { resources: { cpu, memory } }));
  });

  it("names no workload profile in a Consumption-only environment", async () => {
    const { azure, environment } = await withEnvironment({});
    await expect(
      azure.create("app:ContainerApp", app(environment, { workloadProfileName: "Consumption" })),
    ).rejects.toThrow("Cannot specify workload profile name for container app in Consumption Only environment.");
    await azure.create("app:ContainerApp", app(environment));
    const profiled = await withEnvironment();
    await profiled.azure.create("app:ContainerApp", app(profiled.environment, { workloadProfileName: "Consumption" }));
  });
});

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
});

describe("a Key Vault reference", () => {
  async function withVault(properties: PropertyMap = {}) {
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
    const reading = (identity: string, keyVaultUrl = "https://vault.vault.azure.net/secrets/token") => ({
      identity: { type: "UserAssigned", userAssignedIdentities: [identity] },
      configuration: { secrets: [{ name: "token", keyVaultUrl, identity }] },
    });
    const secret = () =>
      azure.create(
        "keyvault:Secret",
        { resourceGroupName: "rg", vaultName: "vault", secretName: "token", properties: { value: "v" } },
        "token",
      );
    return { azure, environment, vault, reading, secret };
  }
  const refused = (detail: string) => ({
    code: "InvalidParameterValueInContainerTemplate",
    message: expect.stringContaining(detail),
  });

  it("is read by an identity that may, of a secret that exists", async () => {
    const { azure, environment, vault, reading, secret } = await withVault();
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
    const { azure, environment, reading, secret } = await withVault();
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
    const { azure, environment, vault, reading, secret } = await withVault({ publicNetworkAccess: "Disabled" });
    await secret();
    const reader = await grantedIdentity(azure, vault.id, secretsUser);
    const create = () => azure.create("app:ContainerApp", app(environment, reading(reader.id)));
    await expect(create()).rejects.toMatchObject(refused("no private endpoint"));
    const endpoints = await subnetFor(azure, undefined, "10.20.8.0/26");
    await azure.create("network:PrivateEndpoint", {
      resourceGroupName: "rg",
      privateEndpointName: "pe",
      subnet: { id: endpoints.id },
      privateLinkServiceConnections: [{ name: "c", privateLinkServiceId: vault.id, groupIds: ["vault"] }],
    });
    await create();
  });
});

describe("a custom domain", () => {
  const zone: WorldObject = {
    cloud: "cloudflare",
    kind: "cloudflare:index/zone:Zone",
    id: "z",
    properties: { name: "alai.no" },
  };
  const bound = (name: string) => ({
    configuration: { ingress: { external: true, targetPort: 80, customDomains: [{ name, bindingType: "Auto" }] } },
  });
  const certificate = (subjectName: string) => ({
    resourceGroupName: "rg",
    environmentName: "env",
    managedCertificateName: "cert",
    properties: { subjectName, domainControlValidation: "CNAME" },
  });
  const record = (azure: Azure, name: string, properties: PropertyMap) =>
    azure.world.transact((world) =>
      world.put({
        cloud: "cloudflare",
        kind: "cloudflare:index/dnsRecord:DnsRecord",
        id: `${name}-${properties.type}`,
        properties: { name, ...properties },
      }),
    );

  it("goes in one pass: ownership record and alias, app, certificate", async () => {
    const { azure, environment } = await withEnvironment(undefined, [zone]);
    const plain = await azure.create(
      "app:ContainerApp",
      app(environment, { configuration: { ingress: { external: true, targetPort: 80 } } }),
    );
    const verification = String(plain.outputs.customDomainVerificationId);
    const host = `api.${environment.outputs.defaultDomain}`;
    await expect(azure.create("app:ManagedCertificate", certificate("api.alai.no"))).rejects.toMatchObject({
      code: "RequireCustomHostnameInEnvironment",
      status: 400,
    });
    await expect(azure.update(plain, app(environment, bound("api.alai.no")))).rejects.toMatchObject({
      code: "InvalidCustomHostNameValidation",
      message: expect.stringContaining(`asuid.api.alai.no to ${verification}`),
    });
    await record(azure, "asuid.api.alai.no", { type: "TXT", content: `"${verification}"` });
    await azure.update(plain, app(environment, bound("api.alai.no")));
    await record(azure, "api.alai.no", { type: "CNAME", content: host, proxied: true });
    await expect(azure.create("app:ManagedCertificate", certificate("api.alai.no"))).rejects.toMatchObject({
      code: "CertificateDomainValidationFailed",
    });
    await record(azure, "api.alai.no", { type: "CNAME", content: host, proxied: false });
    await azure.create("app:ManagedCertificate", certificate("api.alai.no"));
  });

  it("in a zone that nobody sees here is taken on trust", async () => {
    const { azure, environment } = await withEnvironment(undefined, [zone]);
    await azure.create("app:ContainerApp", app(environment, bound("api.elsewhere.test")));
    await azure.create("app:ManagedCertificate", certificate("api.elsewhere.test"));
  });

  it("bound to a certificate needs it", async () => {
    const { azure, environment } = await withEnvironment();
    const given = {
      configuration: {
        ingress: {
          customDomains: [
            { name: "a.test", bindingType: "SniEnabled", certificateId: `${environment.id}/managedCertificates/x` },
          ],
        },
      },
    };
    await expect(azure.create("app:ContainerApp", app(environment, given))).rejects.toMatchObject({
      code: "CertificateNotFound",
    });
  });
});

describe("a job", () => {
  const scheduled = (cronExpression: string) => ({
    triggerType: "Schedule",
    scheduleTriggerConfig: { cronExpression },
  });

  it.each(["*/5 * * * *", "0 3 * * 1-5", "15 2 1,15 * *", "0 0 * jan sun"])("runs at %s", async (cron) => {
    const { azure, environment } = await withEnvironment();
    await azure.create("app:Job", job(environment, scheduled(cron)));
  });

  it.each(["0 3 * *", "0 0 3 * * *", "60 * * * *", "* 24 * * *", "*/0 * * * *", "@daily", ""])(
    "does not run at '%s'",
    async (cron) => {
      const { azure, environment } = await withEnvironment();
      await expect(azure.create("app:Job", job(environment, scheduled(cron)))).rejects.toMatchObject({
        code: "InvalidCronExpression",
      });
    },
  );

  it("needs a time limit and the block of its trigger", async () => {
    const { azure, environment } = await withEnvironment();
    const check = (configuration: PropertyMap) => azure.check("app:Job", { ...job(environment, {}), configuration });
    await expect(check(scheduled("* * * * *"))).rejects.toThrow(
      "missing required property 'configuration.replicaTimeout'",
    );
    await expect(check({ replicaTimeout: 1, triggerType: "Schedule" })).rejects.toThrow(
      "configuration.scheduleTriggerConfig: JobTriggerConfigInvalid",
    );
    await expect(
      check({ replicaTimeout: 1, triggerType: "Manual", manualTriggerConfig: {}, eventTriggerConfig: {} }),
    ).rejects.toThrow("'configuration.eventTriggerConfig' does not go with trigger type Manual");
  });

  it("asks for a pair of cores and memory that exists", async () => {
    const { azure, environment } = await withEnvironment();
    const inputs = job(environment, scheduled("* * * * *"), { resources: { cpu: 1, memory: "1Gi" } });
    await expect(azure.create("app:Job", inputs)).rejects.toMatchObject({ code: "ContainerAppInvalidResourceTotal" });
  });
});
