import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Azure, type Deployed, group, subnetFor } from "./azure-fixture";
import { app, consumption, job, placeholder, withEnvironment } from "./container-apps-fixture";

describe("an environment", () => {
  it("has a domain and an address of its own, the same after an update", async () => {
    const { azure, environment } = await withEnvironment();
    expect(environment.outputs.defaultDomain).toMatch(/^[a-z]+-[0-9a-f]{8}\.swedencentral\.azurecontainerapps\.io$/);
    const updated = await azure.update(environment, { ...environment.inputs, tags: { a: "b" } });
    expect(updated.outputs.defaultDomain).toBe(environment.outputs.defaultDomain);
    expect(updated.outputs.staticIp).toBe(environment.outputs.staticIp);
  });

  // Source: azure-container-apps#1644 and #1646: workload profiles are the default in a network since January 2026.
  it("in a network needs a delegated subnet of /27 for itself, with workload profiles or without", async () => {
    const azure = await Azure.withGroup();
    const plain = await subnetFor(azure, undefined, "10.20.0.0/23");
    const delegated = await subnetFor(azure, "Microsoft.App/environments", "10.20.4.0/27");
    const small = await subnetFor(azure, "Microsoft.App/environments", "10.20.6.0/28");
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
    await expect(create(plain)).rejects.toMatchObject(wrong);
    await expect(create(small)).rejects.toMatchObject({ code: "ManagedEnvironmentInvalidNetworkConfiguration" });
    const made = await create(delegated);
    expect(made.outputs.staticIp).toMatch(/^10\.20\.4\./);
    expect(made.outputs.workloadProfiles).toEqual(consumption);
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

// Source: Azure/container-apps-deploy-action#116, "lower case alphanumeric characters, '-' … not more than 253 characters".
describe("a secret's name", () => {
  const secrets = (...names: string[]) => ({ secrets: names.map((name) => ({ name, value: "v" })) });
  const refused = { code: "ContainerAppInvalidSecretName" };

  it.each([["api_key"], ["ApiKey"], ["-key"], ["key-"], ["a.b"], ["k".repeat(254)], ["key", "key"]])(
    "is refused: %s %s",
    async (...names) => {
      const { azure, environment } = await withEnvironment();
      const given = { configuration: secrets(...names) };
      await expect(azure.create("app:ContainerApp", app(environment, given))).rejects.toMatchObject(refused);
      const manual = { triggerType: "Manual", manualTriggerConfig: {}, ...secrets(...names) };
      await expect(azure.create("app:Job", job(environment, manual))).rejects.toMatchObject(refused);
    },
  );

  it("has lower-case letters, digits and dashes", async () => {
    const { azure, environment } = await withEnvironment();
    const given = { configuration: secrets("api-key", "k", "k".repeat(253)) };
    await azure.create("app:ContainerApp", app(environment, given));
  });
});

// Source: microsoft/azure-container-apps#410, and Azure-Samples/container-apps-blue-green-deployment for the revision being made.
describe("the traffic of an app", () => {
  const split = (traffic: PropertyMap[], revisionSuffix = ""): PropertyMap => ({
    configuration: { activeRevisionsMode: "Multiple", ingress: { external: true, targetPort: 80, traffic } },
    template: { revisionSuffix, containers: [{ name: "api", image: placeholder }] },
  });
  const latest = (weight: number) => ({ latestRevision: true, weight });
  const named = (revisionName: string, weight: number) => ({ revisionName, weight });

  it.each([
    ["weights that add up to less", [latest(40)], "ContainerAppInvalidTrafficWeight"],
    ["weights that add up to more", [latest(100), named("api--v1", 50)], "ContainerAppInvalidTrafficWeight"],
    ["a revision that never was", [latest(50), named("api--never", 50)], "ContainerAppRevisionNotFound"],
  ])("is refused with %s", async (_, traffic, code) => {
    const { azure, environment } = await withEnvironment();
    const made = await azure.create("app:ContainerApp", app(environment, split([latest(100)], "v1")));
    await expect(azure.update(made, app(environment, split(traffic, "v1")))).rejects.toMatchObject({ code });
    const other = { ...app(environment, split(traffic)), containerAppName: "other" };
    await expect(azure.create("app:ContainerApp", other, "other")).rejects.toMatchObject({ code });
  });

  it("is of names only while several revisions may be active, and of none that was put away", async () => {
    const { azure, environment } = await withEnvironment();
    const made = await azure.create("app:ContainerApp", app(environment, split([latest(100)])));
    const single = {
      configuration: { ingress: { external: true, targetPort: 80, traffic: [named("api--0000001", 100)] } },
    };
    await expect(azure.update(made, app(environment, single))).rejects.toMatchObject({
      message: expect.stringContaining("is configured for single revision"),
    });
    const plain = { configuration: { ingress: { external: true, targetPort: 80 } } };
    const next = await azure.update(made, app(environment, plain, { env: [{ name: "A", value: "b" }] }));
    const toOld = app(environment, split([named("api--0000001", 100)]));
    await expect(azure.update(next, toOld)).rejects.toMatchObject({ code: "ContainerAppInvalidTrafficWeight" });
  });

  it("goes to the revision before, the one being made, and the latest", async () => {
    const { azure, environment } = await withEnvironment();
    const made = await azure.create("app:ContainerApp", app(environment, split([named("api--v1", 100)], "v1")));
    const both = split([named("api--v1", 90), named("api--v2", 10)], "v2");
    const next = await azure.update(made, app(environment, both));
    expect(next.outputs.configuration).toMatchObject({ ingress: { traffic: [{ weight: 90 }, { weight: 10 }] } });
    await azure.update(next, app(environment, split([named("api--v2", 0), latest(100)], "v2")));
  });
});

// Source: the answer in MicrosoftDocs/azure-docs#89742; an app that says no maximum has at most 10 replicas.
it.each([{ minReplicas: 5, maxReplicas: 2 }, { minReplicas: 11 }])("an app's scale %j is refused", async (scale) => {
  const { azure, environment } = await withEnvironment();
  const template = { containers: [{ name: "api", image: placeholder }], scale };
  await expect(azure.create("app:ContainerApp", app(environment, { template }))).rejects.toMatchObject({
    code: "ContainerAppInvalidScaleOptions",
  });
});

describe("a workload profile", () => {
  const environment = (location: string, ...profiles: PropertyMap[]) => ({
    ...{ resourceGroupName: "rg", environmentName: "hardware", location },
    workloadProfiles: [...consumption, ...profiles],
  });
  const profile = (workloadProfileType: string, more: PropertyMap = {}) => ({
    name: workloadProfileType,
    workloadProfileType,
    ...more,
  });

  it.each<[string, string, PropertyMap, string, string]>([
    ["hardware that there is not", "swedencentral", profile("D5"), "WorkloadProfileInvalidType", "'D5' is invalid"],
    [
      "hardware that the region has not",
      "northeurope",
      profile("Consumption-GPU-NC8as-T4"),
      "WorkloadProfileInvalidType",
      "is invalid in the region northeurope",
    ],
    [
      "counts of what is paid by replica",
      "swedencentral",
      profile("Consumption-GPU-NC8as-T4", { minimumCount: 0 }),
      "WorkloadProfilePropertyNotSupported",
      "'MinimumCount' is not supported for Consumption_GPU_NC8as_T4",
    ],
  ])("is refused for %s", async (_, location, given, code, message) => {
    const { azure } = await withEnvironment();
    await expect(
      azure.create("app:ManagedEnvironment", environment(location, given), "hardware"),
    ).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it("with a GPU by node is there from the beginning, or never; others can come", async () => {
    const { azure } = await withEnvironment();
    const made = await azure.create("app:ManagedEnvironment", environment("northeurope"), "hardware");
    await expect(azure.update(made, environment("northeurope", profile("NC24-A100")))).rejects.toMatchObject({
      message: expect.stringContaining("can only be added when the environment 'hardware' is created"),
    });
    await azure.update(made, environment("northeurope", profile("D4")));
  });

  it("has room for what it has", async () => {
    const { azure } = await withEnvironment();
    const made = await azure.create("app:ManagedEnvironment", environment("swedencentral", profile("D4")), "hardware");
    const on = (cpu: number) => app(made, { workloadProfileName: "D4" }, { resources: { cpu, memory: "8Gi" } });
    await expect(azure.create("app:ContainerApp", on(5))).rejects.toMatchObject({
      code: "ContainerAppInvalidResourceTotal",
    });
    await azure.create("app:ContainerApp", on(2));
  });
});
