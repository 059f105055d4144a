import { describe, expect, it } from "vitest";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { placeholders } from "../../components/container-apps/container-image";
import { ContainerJob, type ContainerJobArgs } from "../../components/container-apps/container-job";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { publicImages } from "../../components/container-registry/public-images";
import { KeyVault } from "../../components/key-vault/key-vault";
import { AzureStack, type Surroundings, tenantId } from "./azure-stack";
import { imageOf, release } from "./released-image";

const type = "azure-native:app:Job";

function job(around: Surroundings, more: Partial<ContainerJobArgs> = {}) {
  return new ContainerJob("dns-export", {
    ...around,
    environment: new ContainerAppsEnvironment("apps", around),
    image: { ownedBy: "release", repository: "dns-export" },
    trigger: { by: "hand" },
    timeoutSeconds: 600,
    ...more,
  });
}

describe("ContainerJob", () => {
  it("deploys with defaults, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => ({ image: job(around).image }));
    expect(outputs).toEqual({ image: placeholders.job.image });
    expect((await stack.inputs(type)).get("dns-export")).toMatchObject({
      configuration: { triggerType: "Manual", replicaTimeout: 600, replicaRetryLimit: 1 },
    });
  });

  it("deploys with everything set, keeps a released image, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const make = (around: Surroundings) => {
      const registry = new ContainerRegistry("images", { ...around, size: { sku: "Basic" } });
      const reachedBy = [{ who: "apps", via: "private-endpoint" }] as const;
      const vault = new KeyVault("vault", { ...around, tenantId, reachedBy, secrets: ["dns-token"] });
      return job(around, {
        registry,
        trigger: { by: "schedule", cron: "0 2 * * 0" },
        retries: 0,
        cpu: 1,
        env: { TARGET: "backups" },
        secrets: { DNS_TOKEN: vault.secret("dns-token") },
        transform: { job: { tags: { Purpose: "test" } } },
      });
    };
    await stack.upTwice(make);
    expect((await stack.inputs(type)).get("dns-export")).toMatchObject({
      configuration: {
        triggerType: "Schedule",
        scheduleTriggerConfig: { cronExpression: "0 2 * * 0", parallelism: 1, replicaCompletionCount: 1 },
        replicaRetryLimit: 0,
      },
      tags: { Purpose: "test" },
    });
    const released = await release(stack, { type, name: "alai-dev-dns-export", repository: "dns-export" });
    await stack.up(make);
    expect(imageOf(stack, type)).toBe(released);
  });

  it("runs steps before it that share a directory, each with its own image and only the secrets that it is given", async () => {
    const stack = new AzureStack();
    await stack.upTwice((around) => {
      const reachedBy = [{ who: "apps", via: "private-endpoint" }] as const;
      const vault = new KeyVault("vault", { ...around, tenantId, reachedBy, secrets: ["token"] });
      const secrets = { TOKEN: vault.secret("token") };
      const step = { image: publicImages.postgres, command: ["sh"] };
      job(around, {
        ...{ image: publicImages.node, secrets, cpu: 1 },
        before: [
          { ...step, name: "dump" },
          { ...step, name: "fetch", secrets },
        ],
      });
    });
    const { template } = (await stack.inputs(type)).get("dns-export") ?? {};
    const shared = { resources: { cpu: 1, memory: "2Gi" }, volumeMounts: [{ volumeName: "work", mountPath: "/work" }] };
    const token = expect.objectContaining({ name: "TOKEN" });
    expect(template).toMatchObject({
      initContainers: [
        {
          ...shared,
          name: "dump",
          image: expect.stringContaining("/postgres@sha256:"),
          env: expect.not.arrayContaining([token]),
        },
        { ...shared, name: "fetch", env: expect.arrayContaining([token]) },
      ],
      containers: [{ ...shared, name: "dns-export", image: expect.stringContaining("/node@sha256:") }],
      volumes: [{ name: "work", storageType: "EmptyDir" }],
    });
  });

  it("refuses what cannot work, all at once", async () => {
    const refusal = await new AzureStack().refusal((around) => {
      job(around, { trigger: { by: "schedule", cron: "0 0 2 * * 0" }, timeoutSeconds: 0, retries: 11, cpu: 8 });
    });
    for (const problem of [
      "cpu: 8 is more than the 4 of Consumption",
      'trigger.cron: expected five cron fields, in UTC, such as "0 2 * * 0"; it has 6 fields',
      "timeoutSeconds: expected at least 1, got 0",
      "retries: expected at most 10, got 11",
    ]) {
      expect(refusal).toContain(`ContainerJob "dns-export": ${problem}`);
    }
  });
});
