import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import type { WorldObject } from "../../../../sandbox/world/world";
import type { Azure } from "./azure-fixture";
import { app, job, withEnvironment } from "./container-apps-fixture";

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

  // microsoft/azure-container-apps#1542: since August 2025 the authority calls the app, from addresses that nobody can list.
  it.each([
    [
      "from listed addresses only",
      { external: true, ipSecurityRestrictions: [{ name: "a", action: "Allow", ipAddressRange: "203.0.113.7" }] },
    ],
    ["no ingress from outside", { external: false }],
  ])("of an app that has or takes calls %s gets no managed certificate", async (reason, ingress) => {
    const { azure, environment } = await withEnvironment();
    const customDomains = [{ name: "api.alai.no", bindingType: "Auto" }];
    const configuration = { ingress: { targetPort: 80, customDomains, ...ingress } };
    await azure.create("app:ContainerApp", app(environment, { configuration }));
    await expect(azure.create("app:ManagedCertificate", certificate("api.alai.no"))).rejects.toMatchObject({
      code: "CertificateDomainValidationFailed",
      message: expect.stringContaining(reason),
    });
  });

  it("has a certificate of its own, from a vault or a file, which is not told again", async () => {
    const { azure, environment } = await withEnvironment();
    const own = { resourceGroupName: "rg", environmentName: "env", certificateName: "api" };
    await expect(azure.create("app:Certificate", { ...own, properties: {} })).rejects.toThrow("needs 'value' or");
    const made = await azure.create("app:Certificate", { ...own, properties: { value: "MIIB", password: "hush" } });
    expect(JSON.stringify(made.outputs)).not.toMatch(/MIIB|hush/);
    const customDomains = [{ name: "api.alai.no", bindingType: "SniEnabled", certificateId: made.id }];
    const ingress = { external: true, targetPort: 80, customDomains };
    await azure.create("app:ContainerApp", app(environment, { configuration: { ingress } }));
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

describe("an ingress", () => {
  it.each([
    [[{ action: "Allow", ipAddressRange: "2400:cb00::/32" }], "'2400:cb00::/32' is not an IPv4 address or CIDR block"],
    [
      [
        { action: "Allow", ipAddressRange: "203.0.113.7" },
        { action: "Deny", ipAddressRange: "203.0.113.8" },
      ],
      "all rules must have the same action",
    ],
  ])("refuses the addresses %j", async (rules, reason) => {
    const { azure, environment } = await withEnvironment();
    const ipSecurityRestrictions = rules.map((rule, index) => ({ name: `r${index}`, ...rule }));
    const configuration = { ingress: { external: true, targetPort: 80, ipSecurityRestrictions } };
    await expect(azure.create("app:ContainerApp", app(environment, { configuration }))).rejects.toMatchObject({
      code: "ContainerAppInvalidIpSecurityRestrictions",
      message: expect.stringContaining(reason),
    });
  });
});

describe("an ingress over TCP", () => {
  const tcp = (ingress: PropertyMap) => ({
    configuration: { ingress: { targetPort: 6379, transport: "Tcp", ...ingress } },
  });

  it("has a port that no other app of the environment exposes, and not one of HTTP", async () => {
    const { azure, environment } = await withEnvironment();
    const taken = (port: number) => ({
      code: "InvalidParameterValueInContainerTemplate",
      message: expect.stringContaining(`Invalid value: ${port}: exposedPort already in use`),
    });
    await expect(azure.create("app:ContainerApp", app(environment, tcp({ exposedPort: 443 })))).rejects.toMatchObject(
      taken(443),
    );
    await azure.create("app:ContainerApp", app(environment, tcp({})));
    const other = { ...app(environment, tcp({})), containerAppName: "other" };
    await expect(azure.create("app:ContainerApp", other, "other")).rejects.toMatchObject(taken(6379));
    await azure.create("app:ContainerApp", { ...other, ...tcp({ exposedPort: 6380 }) }, "other");
  });

  it("has nothing of HTTP, and from outside needs a network of ours", async () => {
    const { azure, environment } = await withEnvironment();
    const refused = (ingress: PropertyMap) => azure.create("app:ContainerApp", app(environment, tcp(ingress)));
    await expect(refused({ allowInsecure: true })).rejects.toMatchObject({ code: "ContainerAppInvalidIngress" });
    await expect(refused({ external: true })).rejects.toMatchObject({ code: "ContainerAppTcpRequiresVnet" });
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
