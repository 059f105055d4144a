import { describe, expect, it } from "vitest";
import { type PropertyMap, Secret, unknown } from "../../../deployment/values/property-value";
import { emulatedPackages, emulatedProviders } from "../../../sandbox/clouds";
import { EmulatedProvider } from "../../../sandbox/clouds/emulated-provider";
import { textAt } from "../../../sandbox/clouds/read-property";
import { genericObject, type TypeRule } from "../../../sandbox/clouds/type-rule";
import { ServiceError } from "../../../sandbox/engine/provider";
import { MemoryWorld } from "../../../sandbox/world/world";

const record: TypeRule = {
  type: "example:index/record:Record",
  identity: {
    kind: "generated",
    id: (random) => random.hex(8),
    fromImport: (importId) => importId.split("/").at(-1) ?? "",
  },
  required: ["zone", "targets[*].host"],
  defaults: { ttl: 300, options: { fast: false } },
  createOnly: ["zone", { path: "priority", when: ({ before, after }) => Number(after) < Number(before) }],
  unordered: ["tags"],
  computed: {
    names: ["url", "serial"],
    stable: ["url"],
    values: ({ id, existing }) => ({ url: `https://${id}.test`, serial: Number(existing?.properties.serial ?? 0) + 1 }),
  },
  secretOutputs: ["token"],
};

const turn: TypeRule = {
  type: "example:index/turn:Turn",
  identity: { kind: "generated", id: (random) => random.hex(8) },
  oneAtATime: (inputs) => ({
    key: `turn:${textAt(inputs, "queue")}`,
    refusal: () => new ServiceError("Busy", "Come back later.", 409),
  }),
};

function provider(world = new MemoryWorld(), onUnmodelledType: (type: string) => void = () => {}): EmulatedProvider {
  const behaviour = {
    cloud: "github" as const,
    alreadyExists: (id: string) => new ServiceError("Exists", id, 409),
    notFound: (id: string) => new ServiceError("NotFound", id, 404),
    updateRecreates: false,
  };
  const cloud = {
    packageName: "example",
    behaviour,
    rules: [record, turn],
    unmodelledRule: genericObject,
    invoke: () => ({}),
    hasFunction: () => true,
  };
  return new EmulatedProvider(cloud, world, { onUnmodelledType });
}

const identity = (name = "r", type = record.type) => ({ urn: `urn:pulumi:s::p::${type}::${name}`, type, name });

function create(target: EmulatedProvider, inputs: PropertyMap, name?: string, type?: string) {
  return target.create({ ...identity(name, type), inputs, preview: false, timeout: 0 });
}

function diff(oldInputs: PropertyMap, inputs: PropertyMap, ignoreChanges: readonly string[] = []) {
  return provider().diff({ ...identity(), id: "1", oldInputs, inputs, oldOutputs: {}, ignoreChanges });
}

describe("an object of an emulated cloud", () => {
  it("gets an invented id: the same in the same world, another one while the first is taken", async () => {
    const first = await create(provider(), { zone: "a" });
    const target = provider();
    expect((await create(target, { zone: "a" })).id).toBe(first.id);
    expect((await create(target, { zone: "b" })).id).not.toBe(first.id);
  });

  it("shows defaults and computed outputs; secrets stay secret", async () => {
    const { id, outputs } = await create(provider(), { zone: "a", token: "canary", options: { slow: true } });
    expect(outputs).toEqual({
      zone: "a",
      ttl: 300,
      options: { fast: false, slow: true },
      token: new Secret("canary"),
      url: `https://${id}.test`,
      serial: 1,
    });
  });

  it("in a preview of an update knows the stable outputs only, and changes nothing", async () => {
    const world = new MemoryWorld();
    const target = provider(world);
    const { id, outputs } = await create(target, { zone: "a" });
    const request = {
      ...identity(),
      id,
      inputs: { zone: "a", ttl: 60 },
      oldInputs: { zone: "a" },
      oldOutputs: outputs,
      ignoreChanges: [],
      timeout: 0,
    };
    expect(await target.update({ ...request, preview: true })).toMatchObject({
      url: outputs.url,
      serial: unknown,
      ttl: 60,
    });
    expect(world.objects()[0]?.properties.ttl).toBe(300);
    expect(await target.update({ ...request, preview: false })).toMatchObject({ serial: 2, ttl: 60 });
  });

  it("that vanished cannot be changed, and is deleted without complaint", async () => {
    const target = provider();
    const request = {
      ...identity(),
      id: "gone",
      inputs: { zone: "a" },
      oldInputs: {},
      oldOutputs: {},
      ignoreChanges: [],
      preview: false,
      timeout: 0,
    };
    await expect(target.update(request)).rejects.toMatchObject({ code: "NotFound" });
    await target.delete({ ...identity(), id: "gone", inputs: {}, outputs: {}, timeout: 0 });
  });

  it("is imported by the id that people know, without what the service fills in", async () => {
    const target = provider();
    const { id } = await create(target, { zone: "a", ttl: 300 });
    const read = await target.read({ ...identity("other"), id: `a/${id}`, inputs: {}, outputs: {} });
    expect(read).toMatchObject({ id, inputs: { zone: "a" } });
    expect(read?.inputs).not.toHaveProperty("ttl");
  });

  it("keeps a secret input secret when it was changed behind the program's back", async () => {
    const world = new MemoryWorld();
    const target = provider(world);
    const inputs = { zone: "a", password: new Secret("old"), note: { deep: "x" } };
    const { id, outputs } = await create(target, inputs);
    await world.transact((change) => {
      const object = change.get(record.type, id);
      if (object !== undefined)
        change.put({ ...object, properties: { ...object.properties, password: new Secret("new"), note: {} } });
    });
    const read = await target.read({ ...identity(), id, inputs, outputs });
    expect(read?.inputs).toEqual({ zone: "a", password: new Secret("new"), note: {} });
  });

  it("left by an interrupted creation is the newest that was made for the resource from these inputs", async () => {
    const target = provider();
    const old = await create(target, { zone: "a" });
    const find = (zone: string) => target.findInterruptedCreate({ ...identity(), inputs: { zone } });
    expect(await find("b")).toBeUndefined();
    const replacement = await create(target, { zone: "b" });
    expect((await find("b"))?.id).toBe(replacement.id);
    expect((await find("a"))?.id).toBe(old.id);
  });

  it("waits its turn where the service takes one operation at a time", async () => {
    const target = provider();
    const attempt = (queue: string, name: string) => create(target, { queue }, name, turn.type);
    const results = await Promise.allSettled([attempt("a", "1"), attempt("a", "2"), attempt("b", "3")]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { code: "Busy" } });
  });

  it("without a rule is kept as it is, and its type is reported once", async () => {
    const reported: string[] = [];
    const target = provider(undefined, (type) => reported.push(type));
    const { outputs } = await create(target, { anything: [1, null] }, "x", "example:index/odd:Odd");
    await create(target, {}, "y", "example:index/odd:Odd");
    expect(outputs).toEqual({ anything: [1, null] });
    expect(reported).toEqual(["example:index/odd:Odd"]);
  });
});

describe("a check", () => {
  const check = (inputs: PropertyMap) =>
    provider().check({ ...identity(), inputs, oldInputs: undefined, randomSeed: new Uint8Array() });

  it("drops what is null and names all that is missing", async () => {
    const result = await check({ zone: null, targets: [{ host: "a" }, {}], note: { a: null } });
    expect(result.inputs).toEqual({ targets: [{ host: "a" }, {}], note: {} });
    expect(result.failures.map(({ property }) => property)).toEqual(["zone", "targets[1].host"]);
  });

  it("lets through what is not known yet", async () => {
    expect((await check({ zone: unknown, targets: unknown })).failures).toEqual([]);
  });
});

describe("a diff", () => {
  it("sees no difference in the order of keys, in unordered lists, and between absent and null", async () => {
    expect(await diff({ zone: "a", m: { x: 1, y: 2 } }, { m: { y: 2, x: 1 }, zone: "a", n: null })).toMatchObject({
      changes: "none",
    });
    expect(await diff({ tags: ["a", "b"] }, { tags: ["b", "a"] })).toMatchObject({ changes: "none", detailedDiff: {} });
    expect((await diff({ list: ["a", "b"] }, { list: ["b", "a"] })).detailedDiff).toHaveProperty(["list[0]"]);
  });

  it("replaces on a create-only property, by its predicate, and on what is not known yet", async () => {
    expect((await diff({ zone: "a" }, { zone: "b" })).replaces).toEqual(["zone"]);
    expect((await diff({ zone: "a" }, { zone: unknown })).replaces).toEqual(["zone"]);
    expect((await diff({ zone: new Secret("a") }, { zone: "a" })).changes).toBe("none");
    expect((await diff({ priority: 5 }, { priority: 4 })).replaces).toEqual(["priority"]);
    expect(await diff({ priority: 5 }, { priority: 6 })).toMatchObject({ replaces: [], changes: "some" });
  });

  it("leaves out what is to be ignored, and quotes keys that need it", async () => {
    expect(await diff({ zone: "a" }, { zone: "b" }, ["zone"])).toMatchObject({ changes: "none" });
    expect((await diff({ m: {} }, { m: { "a.b": 1 } })).detailedDiff).toEqual({
      'm["a.b"]': { kind: "add", inputDiff: true },
    });
  });
});

describe("the emulated clouds", () => {
  it("are six, each provider a new one, and no others", () => {
    expect([...emulatedPackages].sort()).toEqual([
      "azure-native",
      "cloudflare",
      "command",
      "github",
      "random",
      "tailscale",
    ]);
    const make = emulatedProviders(new MemoryWorld());
    for (const name of emulatedPackages) expect(make(name)?.packageName).toBe(name);
    expect(make("azure-native")).not.toBe(make("azure-native"));
    expect(make("aws")).toBeUndefined();
    expect(make("constructor")).toBeUndefined();
  });

  it("report a type without rules once, however many providers meet it", async () => {
    const reported: string[] = [];
    const make = emulatedProviders(new MemoryWorld(), { onUnmodelledType: (type) => reported.push(type) });
    for (const name of ["one", "two"]) {
      await make("azure-native")?.check({
        ...identity(name, "azure-native:web:WebApp"),
        inputs: {},
        oldInputs: undefined,
        randomSeed: new Uint8Array(),
      });
    }
    expect(reported).toEqual(["azure-native:web:WebApp"]);
  });
});
