import { describe, expect, it } from "vitest";
import type { CreateRequest, Provider } from "../../../sandbox/engine/provider";
import {
  type FaultPlan,
  FaultSchedule,
  faultPlanSchema,
  faultyProvider,
  retryingProvider,
} from "../../../sandbox/faults/faulty-provider";

const type = "azure-native:storage:StorageAccount";

/** A service that only counts what took effect. */
function countingProvider(): Provider & { readonly created: string[] } {
  const created: string[] = [];
  const unused = () => Promise.reject(new Error("not used here"));
  return {
    created,
    packageName: "azure-native",
    acceptsSecrets: true,
    checkConfig: unused,
    diffConfig: unused,
    configure: unused,
    check: unused,
    diff: unused,
    create: async (request) => {
      created.push(request.name);
      return { id: request.name, outputs: {} };
    },
    read: unused,
    update: unused,
    delete: unused,
    invoke: unused,
  };
}

const create = (name: string, preview = false): CreateRequest => ({
  urn: `urn:pulumi:dev::p::${type}::${name}`,
  type,
  name,
  inputs: {},
  preview,
  timeout: 0,
});

function faulty(faults: readonly object[], kill: () => void = () => undefined) {
  const service = countingProvider();
  const plan: FaultPlan = faultPlanSchema.parse({ faults });
  return { service, provider: retryingProvider(faultyProvider(service, new FaultSchedule(plan, kill))) };
}

describe("injected faults", () => {
  it("fail the nth call of a type before it takes effect, and no other", async () => {
    const { service, provider } = faulty([{ effect: "fail", type, operation: "create", nth: 2 }]);
    await provider.create(create("a"));
    await expect(provider.create(create("b"))).rejects.toThrow(/InternalServerError/);
    await provider.create(create("c"));
    expect(service.created).toEqual(["a", "c"]);
  });

  it("fail a call after it took effect", async () => {
    const { service, provider } = faulty([{ effect: "fail", type, operation: "create", name: "b", when: "after" }]);
    await provider.create(create("a"));
    await expect(provider.create(create("b"))).rejects.toThrow(/InternalServerError/);
    expect(service.created).toEqual(["a", "b"]);
  });

  it("throttle, and the provider asks again until the service answers", async () => {
    const { service, provider } = faulty([{ effect: "throttle", type: "*", operation: "create", times: 3 }]);
    await provider.create(create("a"));
    expect(service.created).toEqual(["a"]);
  });

  it("throttle for longer than the provider is patient", async () => {
    const { service, provider } = faulty([{ effect: "throttle", type: "*", operation: "create", times: 4 }]);
    await expect(provider.create(create("a"))).rejects.toThrow(/TooManyRequests/);
    expect(service.created).toEqual([]);
  });

  it.each([
    { when: "before", effect: [] },
    { when: "after", effect: ["a"] },
  ])("kill the process $when a call took effect", async ({ when, effect }) => {
    const killed = new Promise<void>((resolve) => {
      const { service, provider } = faulty([{ effect: "kill", type, operation: "create", when }], () => {
        expect(service.created).toEqual(effect);
        resolve();
      });
      void provider.create(create("a"));
    });
    await killed;
  });

  it("never hit a preview, which reaches no service", async () => {
    const { provider } = faulty([{ effect: "fail", type, operation: "create" }]);
    await expect(provider.create(create("a", true))).resolves.toEqual({ id: "a", outputs: {} });
  });

  it("refuse an unknown effect or a misspelt key", () => {
    expect(faultPlanSchema.safeParse({ faults: [{ effect: "explode", type, operation: "create" }] }).success).toBe(
      false,
    );
    expect(faultPlanSchema.safeParse({ faults: [{ effect: "fail", type, operation: "create", nht: 2 }] }).success).toBe(
      false,
    );
  });
});
