import { Certificate } from "@pulumi/azure-native/app";
import { describe, expect, it } from "vitest";
import { ContainerApp, type ContainerAppArgs } from "../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { placeholders } from "../../components/container-apps/container-image";
import { workloadRoles } from "../../components/container-apps/workload-identity";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { ManagedIdentity } from "../../components/identity/managed-identity";
import { KeyVault } from "../../components/key-vault/key-vault";
import { EmulatedContainerApps } from "../../sandbox/clouds/azure-native/app/container-app-calls";
import { AzureStack, aZone, type Surroundings, subscriptionId, tenantId } from "./azure-stack";
import { imageOf, release } from "./released-image";

const type = "azure-native:app:ContainerApp";
const zoneId = aZone.id;

function environment(around: Surroundings, exposure?: "internal" | "external") {
  return new ContainerAppsEnvironment("apps", { ...around, exposure });
}

function app(around: Surroundings, more: Partial<ContainerAppArgs> = {}) {
  return new ContainerApp("mc-api", {
    ...around,
    environment: more.environment ?? environment(around),
    image: { ownedBy: "release", repository: "mc-api" },
    ingress: { exposure: "network", port: 8080 },
    ...more,
  });
}

/** An environment for public apps, with the certificate that they show the edge. */
function publicEnvironment(around: Surroundings, exposure: "internal" | "external" = "external") {
  const reachedBy = [{ who: "apps", via: "private-endpoint" }] as const;
  const secrets = [{ name: "origin-certificate", certificate: true }];
  const vault = new KeyVault("vault", { ...around, tenantId, reachedBy, secrets });
  const certificate = vault.secret("origin-certificate");
  return new ContainerAppsEnvironment("apps", { ...around, exposure, certificate });
}

describe("ContainerAppsEnvironment", () => {
  it("deploys internal by default, and external with everything set, twice", async () => {
    const stack = new AzureStack();
    await stack.upTwice((around) => environment(around).privateNames);
    expect((await stack.inputs("azure-native:app:ManagedEnvironment")).get("apps")).toMatchObject({
      vnetConfiguration: { internal: true },
      publicNetworkAccess: "Disabled",
      workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
      peerTrafficConfiguration: { encryption: { enabled: true } },
      appLogsConfiguration: { destination: "azure-monitor" },
    });
    expect((await stack.inputs("azure-native:privatedns:PrivateRecordSet")).get("apps-apps")).toMatchObject({
      relativeRecordSetName: "*",
    });
    const other = new AzureStack();
    await other.upTwice((around) => {
      const transform = { environment: { tags: { Purpose: "test" } } };
      new ContainerAppsEnvironment("apps", { ...around, exposure: "external", zoneRedundant: true, transform });
    });
    expect((await other.inputs("azure-native:app:ManagedEnvironment")).get("apps")).toMatchObject({
      vnetConfiguration: { internal: false },
      publicNetworkAccess: "Enabled",
      zoneRedundant: true,
      tags: { Purpose: "test" },
    });
  });
});

describe("ContainerApp", () => {
  it("deploys a placeholder before anything is released, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const made = app(around);
      return { url: made.url, image: made.image };
    });
    expect(outputs).toEqual({
      url: expect.stringMatching(/^https:\/\/alai-dev-mc-api\.[a-z0-9-]+\.swedencentral\.azurecontainerapps\.io$/),
      image: placeholders.app.image,
    });
    const inputs = (await stack.inputs(type)).get("mc-api");
    expect(inputs).toMatchObject({
      configuration: {
        maxInactiveRevisions: 3,
        secrets: [],
        ingress: {
          allowInsecure: false,
          external: true,
          targetPort: 8080,
          ipSecurityRestrictions: [{ ipAddressRange: "10.20.0.0/16" }],
        },
      },
      identity: { type: "UserAssigned" },
    });
    expect(inputs?.template).not.toHaveProperty("revisionSuffix");
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("keeps a released image, whatever else changes", async () => {
    const stack = new AzureStack();
    const make = (env: Record<string, string>) => (around: Surroundings) => {
      const registry = new ContainerRegistry("images", { ...around, size: { sku: "Basic" } });
      const probes = { liveness: "/health/live", readiness: "/health/ready" };
      return { image: app(around, { registry, env, probes }).image };
    };
    await stack.up(make({}));
    const released = await release(stack, { type, name: "alai-dev-mc-api", repository: "mc-api" });
    const next = await stack.up(make({ LOG_LEVEL: "debug" }));
    expect(next.outputs).toEqual({ image: released });
    expect(imageOf(stack, type)).toBe(released);
    expect((await stack.inputs(type)).get("mc-api")).toMatchObject({
      template: {
        containers: [
          {
            image: released,
            probes: [{ httpGet: { path: "/health/live" } }, {}, { httpGet: { path: "/health/ready" } }],
          },
        ],
      },
    });
    expect((await stack.up(make({ LOG_LEVEL: "debug" }))).changes).not.toHaveProperty("update");
  });

  it.each([
    ["a split that a release makes stays", [60, 40], "Multiple", [60, 40]],
    ["what has everything by name, from failed smoke checks, ends with the next change", [100], "Single", [100]],
  ] as const)("reads how requests are split: %s", async (_, weights, mode, after) => {
    const stack = new AzureStack();
    const make = (env: Record<string, string>) => (around: Surroundings) => {
      app(around, { env });
    };
    await stack.up(make({}));
    await stack.up(make({ LOG_LEVEL: "info" }));
    const [running] = stack.world.objects().filter(({ kind }) => kind === type);
    const apps = new EmulatedContainerApps(async () => stack.world);
    const revisions = await apps.revisions(running?.id ?? "");
    for (const { name } of revisions) await apps.activate(running?.id ?? "", name);
    const traffic = weights.map((weight, index) => ({ revision: revisions[index]?.name ?? "", weight }));
    await apps.change(running?.id ?? "", { traffic });
    await stack.up(make({ LOG_LEVEL: "debug" }));
    const { configuration } = stack.world.objects().find(({ kind }) => kind === type)?.properties ?? {};
    expect(configuration).toMatchObject({
      activeRevisionsMode: mode,
      ingress: { traffic: after.map((weight) => ({ weight })) },
    });
  });

  it("deploys with everything set, in one pass, and changes nothing the second time", async () => {
    const stack = new AzureStack([aZone]);
    const { outputs } = await stack.upTwice((around) => {
      const registry = new ContainerRegistry("images", { ...around, size: { sku: "Basic" } });
      const vault = new KeyVault("vault", {
        ...around,
        tenantId,
        reachedBy: [{ who: "apps", via: "private-endpoint" }],
        secrets: ["mc-api-token", "shared"],
      });
      const outside = environment(around, "external");
      const certificate = new Certificate("api", {
        resourceGroupName: around.resourceGroupName,
        environmentName: outside.environmentName,
        certificateName: "api-dev-alai-no",
        properties: { value: "MIIB" },
      });
      const made = app(around, {
        environment: outside,
        registry,
        cpu: 0.5,
        env: { LOG_LEVEL: "info" },
        secrets: {
          TOKEN: vault.secret("mc-api-token"),
          SHARED: vault.secret("shared"),
          SHARED_AGAIN: vault.secret("shared"),
        },
        roles: [{ on: "group", role: "Reader", scope: `${subscriptionId}/resourceGroups/alai-dev` }],
        ingress: {
          exposure: "addresses",
          port: 8080,
          reachedBy: [{ who: "laptops", via: "addresses", addresses: ["203.0.113.7"] }],
        },
        scale: { min: 0, max: 10, rules: [{ by: "requests", concurrentRequests: 50 }] },
        probes: { liveness: "/health/live" },
        customDomains: [{ hostname: "api.dev.alai.no", zoneId, certificateId: certificate.id }],
        command: ["node"],
        args: ["server.js"],
        transform: { app: { tags: { Purpose: "test" } } },
      });
      return { url: made.url };
    });
    expect(outputs).toEqual({ url: "https://api.dev.alai.no" });
    expect((await stack.inputs(type)).get("mc-api")).toMatchObject({
      configuration: {
        ingress: {
          customDomains: [
            {
              name: "api.dev.alai.no",
              bindingType: "SniEnabled",
              certificateId: expect.stringMatching(/\/managedEnvironments\/[^/]+\/certificates\/api-dev-alai-no$/),
            },
          ],
        },
        secrets: [{ name: "shared" }, { name: "shared-again" }, { name: "token" }],
      },
      template: {
        scale: { minReplicas: 0, maxReplicas: 10 },
        containers: [{ resources: { cpu: 0.5, memory: "1Gi" } }],
      },
      tags: { Purpose: "test" },
    });
    const roles = await stack.inputs("azure-native:authorization:RoleAssignment");
    expect([...roles.keys()].sort()).toEqual([
      "mc-api-acrpull-on-registry",
      "mc-api-key-vault-secrets-user-on-mc-api-token",
      "mc-api-key-vault-secrets-user-on-shared",
      "mc-api-reader-on-group",
    ]);
    const records = await stack.inputs("cloudflare:index/dnsRecord:DnsRecord");
    expect([...records.keys()].sort()).toEqual(["mc-api-api.dev.alai.no", "mc-api-asuid-api.dev.alai.no"]);
  });

  it("is public through the edge alone, by a name whose certificate the vault has", async () => {
    const stack = new AzureStack([aZone]);
    const { outputs } = await stack.upTwice((around) => {
      const environment = publicEnvironment(around);
      const { certificateId = "" } = environment;
      const customDomains = [{ hostname: "api.alai.no", zoneId, certificateId }];
      return { url: app(around, { environment, ingress: { exposure: "public", port: 8080 }, customDomains }).url };
    });
    expect(outputs).toEqual({ url: "https://api.alai.no" });
    expect((await stack.inputs(type)).get("mc-api")).toMatchObject({
      configuration: { ingress: { external: true, clientCertificateMode: "Require" } },
    });
    const records = await stack.inputs("cloudflare:index/dnsRecord:DnsRecord");
    expect(records.get("mc-api-api.alai.no")).toMatchObject({ type: "CNAME", proxied: true, ttl: 1 });
    expect(records.get("mc-api-asuid-api.alai.no")).toMatchObject({ type: "TXT", proxied: false });
    const roles = await stack.inputs("azure-native:authorization:RoleAssignment");
    expect([...roles.keys()]).toContain("apps-environment-key-vault-secrets-user-on-origin-certificate");
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("runs on hardware of its environment, and is refused what the region has not", async () => {
    const stack = new AzureStack();
    const on = (around: Surroundings, location = "swedencentral") => {
      const context = { ...around.context, location };
      const profiles = { gpu: { type: "Consumption-GPU-NC8as-T4" } } as const;
      return app(around, {
        environment: new ContainerAppsEnvironment("apps", { ...around, context, profiles }),
        profile: "gpu",
      });
    };
    await stack.upTwice((around) => {
      on(around);
    });
    expect((await stack.inputs(type)).get("mc-api")).toMatchObject({
      workloadProfileName: "Consumption-GPU-NC8as-T4",
      template: { containers: [{ resources: { cpu: 8, memory: "56Gi" } }] },
    });
    expect(await new AzureStack().refusal((around) => on(around, "northeurope"))).toContain(
      'ContainerAppsEnvironment "apps": profiles.gpu.type: "Consumption-GPU-NC8as-T4" is not offered in northeurope',
    );
  });

  it("refuses a certificate for the edge where nobody comes from outside", async () => {
    expect(await new AzureStack().refusal((around) => publicEnvironment(around, "internal"))).toContain(
      'ContainerAppsEnvironment "apps": certificate is for public apps, but the environment has no public address; set exposure to "external"',
    );
  });

  it("rolls when a pinned secret gets a new version, and tells the app so", async () => {
    const stack = new AzureStack();
    const versions: string[] = [];
    const make = (version?: string) => (around: Surroundings) => {
      const reachedBy = [{ who: "apps", via: "private-endpoint" }] as const;
      const vault = new KeyVault("vault", { ...around, tenantId, reachedBy, secrets: ["token"] });
      app(around, { secrets: { TOKEN: vault.secret("token", version) } });
    };
    await stack.up(make());
    for (const { kind, properties } of stack.world.objects()) {
      const details = kind === "azure-native:keyvault:Secret" ? JSON.stringify(properties) : "";
      versions.push(...(/secrets\/token\/([0-9a-f]{32})/.exec(details)?.slice(1) ?? []));
    }
    const [version = ""] = versions;
    await stack.up(make(version));
    const inputs = JSON.stringify((await stack.inputs(type)).get("mc-api"));
    expect(inputs).toContain(`{"name":"TOKEN_VERSION","value":"${version}"}`);
    expect(inputs).toContain(`/secrets/token/${version}`);
    expect(stack.world.objects().filter(({ kind }) => kind === "azure-native:app:Revision")).toHaveLength(2);
  });

  it("runs as an identity it is given, which brings its roles", async () => {
    const stack = new AzureStack();
    await stack.upTwice((around) => {
      const registry = new ContainerRegistry("images", { ...around, size: { sku: "Basic" } });
      const identity = new ManagedIdentity("shared", { ...around, roles: workloadRoles({ registry }) });
      app(around, { registry, identity });
    });
    expect((await stack.inputs("azure-native:managedidentity:UserAssignedIdentity")).size).toBe(1);
  });

  it("refuses what cannot work, all at once", async () => {
    const refusal = await new AzureStack().refusal((around) => {
      app(around, {
        cpu: 0.3,
        env: { "LOG-LEVEL": "info", TOKEN: "1" },
        secrets: {
          TOKEN: new KeyVault("v", {
            ...around,
            tenantId,
            reachedBy: [{ who: "apps", via: "private-endpoint" }],
            secrets: ["t"],
          }).secret("t"),
        },
        identity: new ManagedIdentity("shared", around),
        roles: [],
        ingress: { exposure: "network", port: 0 },
        scale: { min: 4, max: 2 },
        probes: { liveness: "health" },
        customDomains: [{ hostname: "alai.no", zoneId, certificateId: "c" }],
        image: { ownedBy: "release", repository: "MC" },
      });
    });
    for (const problem of [
      'image.repository: expected a repository of images: lower-case letters, digits and . _ / -, got "MC"',
      "identity and roles are both given; give the roles to the identity",
      "cpu: expected a multiple of 0.25, got 0.3",
      'env.LOG-LEVEL: expected letters, digits and _, got "LOG-LEVEL"',
      "TOKEN is in env and in secrets; keep one of them",
      "ingress.port: expected at least 1, got 0",
      "scale.min: min is above max, got 4",
      'probes.liveness: expected a path that begins with /, got "health"',
      'customDomains: "alai.no" is not a lower-case host name below a zone, such as "api.example.com"',
    ]) {
      expect(refusal).toContain(`ContainerApp "mc-api": ${problem}`);
    }
  });
});
