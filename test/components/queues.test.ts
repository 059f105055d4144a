import { describe, expect, it } from "vitest";
import { ContainerApp } from "../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { Queues, type QueuesArgs } from "../../components/queues/queues";
import { AzureStack, type Surroundings } from "./azure-stack";
import { expectPoliciesPassed } from "./policies-passed";
import { expectRefusedByBoth, type SharedRange } from "./shared-range";

const queues = (around: Surroundings, more: Partial<QueuesArgs> = {}) =>
  new Queues("queues", { ...around, tier: "Standard", queues: [{ name: "jobs" }], ...more });

const image = { ownedBy: "release", repository: "ghcr.io/example/worker" } as const;

/** What sends, and what receives and grows with the queue. */
function apps(around: Surroundings, more: Partial<QueuesArgs> = {}): Queues {
  const made = queues(around, more);
  const jobs = made.queue("jobs");
  const spec = { ...around, environment: new ContainerAppsEnvironment("apps", around), image };
  const env = { SERVICE_BUS_HOST: made.host };
  const none = { exposure: "none" } as const;
  new ContainerApp("api", { ...spec, env, ingress: none, roles: [jobs.send] });
  const scale = { min: 0, max: 5, rules: [{ by: "queue", queue: jobs, messages: 20 } as const] };
  new ContainerApp("worker", { ...spec, env, ingress: none, roles: [jobs.receive], scale });
  return made;
}

describe("Queues", () => {
  it("take no keys, let apps send or receive, let them grow with what waits, and change nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const { host, privateNames } = apps(around);
      return { host, privateNames };
    });
    expect(outputs).toEqual({
      host: expect.stringMatching(/^alai-dev-queues-[0-9a-f]{8}\.servicebus\.windows\.net$/),
      privateNames: [],
    });
    expect((await stack.inputs("azure-native:servicebus:Namespace")).get("queues")).toMatchObject({
      sku: { name: "Standard", tier: "Standard" },
      disableLocalAuth: true,
      minimumTlsVersion: "1.2",
    });
    expect((await stack.inputs("azure-native:servicebus:Queue")).get("queues-jobs")).toMatchObject({
      lockDuration: "PT1M",
      maxDeliveryCount: 10,
      defaultMessageTimeToLive: "P14D",
      deadLetteringOnMessageExpiration: true,
      requiresDuplicateDetection: false,
      requiresSession: false,
    });
    const roles = [...(await stack.inputs("azure-native:authorization:RoleAssignment")).keys()].sort();
    expect(roles).toEqual([
      "api-azure-service-bus-data-sender-on-jobs",
      "worker-azure-service-bus-data-receiver-on-jobs",
    ]);
    expect((await stack.inputs("azure-native:app:ContainerApp")).get("worker")).toMatchObject({
      template: {
        scale: {
          minReplicas: 0,
          rules: [
            {
              custom: {
                type: "azure-servicebus",
                identity: expect.stringContaining("/userAssignedIdentities/alai-dev-worker"),
                metadata: {
                  namespace: String(outputs.host).replace(/\..*/, ""),
                  queueName: "jobs",
                  messageCount: "20",
                },
              },
            },
          ],
        },
      },
    });
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("on Premium are closed, and reached through the network", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => ({
      names: apps(around, { tier: "Premium", units: 2 }).privateNames,
    }));
    expect(outputs.names).toEqual([expect.stringContaining(".servicebus.windows.net")]);
    expect((await stack.inputs("azure-native:servicebus:Namespace")).get("queues")).toMatchObject({
      sku: { name: "Premium", capacity: 2 },
      publicNetworkAccess: "Disabled",
    });
    const endpoints = await stack.inputs("azure-native:network:PrivateEndpoint");
    expect([...endpoints.keys()]).toEqual(["queues-serviceBus"]);
  });

  it("drop duplicates, keep sessions in order, and give receivers their time, where that is said", async () => {
    const stack = new AzureStack();
    const ordered = {
      name: "orders",
      lock: "5m",
      deliveries: 3,
      timeToLive: "1d",
      duplicatesWithin: "10m",
      sessions: true,
    };
    await stack.upTwice(
      (around) => queues(around, { queues: [ordered], transform: { queue: { userMetadata: "orders" } } }).id,
    );
    expect((await stack.inputs("azure-native:servicebus:Queue")).get("queues-orders")).toMatchObject({
      lockDuration: "PT5M",
      maxDeliveryCount: 3,
      defaultMessageTimeToLive: "P1D",
      requiresDuplicateDetection: true,
      duplicateDetectionHistoryTimeWindow: "PT10M",
      requiresSession: true,
      userMetadata: "orders",
    });
  });

  it("on Basic are refused what it has not, all at once, before anything is made", async () => {
    const refusal = await new AzureStack().refusal((around) => {
      const queue = { name: "jobs", sessions: true, duplicatesWithin: "10m", timeToLive: "15d" };
      queues(around, { tier: "Basic", units: 1, queues: [queue, { name: "jobs" }] });
    });
    expect(refusal.split("\n").filter((line) => /units|queues\[/.test(line))).toHaveLength(5);
    expect(refusal).toContain('queues[0].sessions: is not offered on the tier "Basic"; take Standard, or leave it out');
    expect(refusal).toContain('queues[0].timeToLive: is at most 14d on the tier "Basic"');
    expect(refusal).toContain('units: is for Premium; the tier "Basic" is paid by use');
    expect(refusal).toContain('queues[1].name: "jobs" is given twice; keep one of them');
    await expect(new AzureStack().refusal((around) => queues(around).queue("orders"))).resolves.toContain(
      'Queues "queues": the queue "orders" is not declared; add it to queues',
    );
  });

  it("on Basic are refused by Azure, too, when a transform goes past the component", async () => {
    const transform = { queue: { requiresSession: true } };
    expect(await new AzureStack().refusal((around) => queues(around, { tier: "Basic", transform }))).toMatch(
      /MessagingGatewayBadRequest.*The property 'RequiresSession' cannot be set when creating a Queue because the namespace '[\w-]+' is using 'Basic' tier/,
    );
  });
});

it.each<SharedRange>([
  {
    file: "environments",
    path: ["environments", "prod", "queues"],
    value: { tier: "Basic", queues: [{ name: "jobs", sessions: true }] },
    told: 'queues[0].sessions: is not offered on the tier "Basic"; take Standard, or leave it out',
    program: (around) => queues(around, { tier: "Basic", queues: [{ name: "jobs", sessions: true }] }),
  },
  {
    file: "environments",
    path: ["environments", "prod", "queues"],
    value: { tier: "Standard", queues: [{ name: "jobs", lock: "6m" }] },
    told: 'queues[0].lock: expected 5s to 5m, got "6m"',
    program: (around) => queues(around, { queues: [{ name: "jobs", lock: "6m" }] }),
  },
])("are refused in the inventory, at their line, and in a program: $told", expectRefusedByBoth);

it("pass every policy on Premium, with as little as they can be given", async () => {
  await expectPoliciesPassed((around) => queues(around, { tier: "Premium" }));
});
