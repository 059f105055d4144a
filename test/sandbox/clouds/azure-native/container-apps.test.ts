import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Azure, type Deployed, group, subnetFor } from "./azure-fixture";
import { app, consumption, placeholder, withEnvironment } from "./container-apps-fixture";

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

  // Source: "If set to true, then infrastructureSubnetId must be provided", Azure/ResourceModules#2848.
  it.each([
    ["zone redundant", { zoneRedundant: true }],
    ["internal", { vnetConfiguration: { internal: true } }],
  ])("is %s only in a network", async (_, given) => {
    const azure = await Azure.withGroup();
    await expect(
      azure.create("app:ManagedEnvironment", { resourceGroupName: "rg", environmentName: "env", ...given }),
    ).rejects.toMatchObject({ code: "ManagedEnvironmentInvalidNetworkConfiguration" });
  });

  it("logs to a workspace only with its key", async () => {
    const azure = await Azure.withGroup();
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
