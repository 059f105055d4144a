import type { PropertyMap } from "../../../deployment/values/property-value";
import type { DiffResult, Provider, ReadResult } from "../../../sandbox/engine/provider";
import { MemoryWorld, type World, type WorldObject } from "../../../sandbox/world/world";
import { sandboxSeed } from "../world/sandbox-seed";

/** A resource that a test made. */
export interface Deployed {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
}

/** What an engine does with a provider, in the order it does it: check, then create, update, read or delete. */
export class CloudSession {
  constructor(private readonly provider: Provider) {}

  async failures(type: string, inputs: PropertyMap): Promise<readonly string[]> {
    return (await this.check(type, "thing", inputs, undefined)).failures.map(({ reason }) => reason);
  }

  async create(type: string, name: string, inputs: PropertyMap): Promise<Deployed> {
    const checked = await this.checked(type, name, inputs, undefined);
    const resource = { type, name, urn: urnOf(type, name) };
    const { id, outputs } = await this.provider.create({ ...resource, inputs: checked, preview: false, timeout: 0 });
    return { ...resource, id, inputs: checked, outputs };
  }

  async preview(type: string, name: string, inputs: PropertyMap): Promise<PropertyMap> {
    const checked = await this.checked(type, name, inputs, undefined);
    const resource = { type, name, urn: urnOf(type, name) };
    return (await this.provider.create({ ...resource, inputs: checked, preview: true, timeout: 0 })).outputs;
  }

  async diff(deployed: Deployed, inputs: PropertyMap, ignoreChanges: readonly string[] = []): Promise<DiffResult> {
    const { type, name, urn, id } = deployed;
    const checked = await this.checked(type, name, inputs, deployed.inputs);
    const old = { oldInputs: deployed.inputs, oldOutputs: deployed.outputs };
    return this.provider.diff({ type, name, urn, id, ...old, inputs: checked, ignoreChanges });
  }

  async update(deployed: Deployed, inputs: PropertyMap): Promise<Deployed> {
    const { type, name, urn, id } = deployed;
    const checked = await this.checked(type, name, inputs, deployed.inputs);
    const outputs = await this.provider.update({
      ...{ type, name, urn, id, inputs: checked, ignoreChanges: [], preview: false, timeout: 0 },
      ...{ oldInputs: deployed.inputs, oldOutputs: deployed.outputs },
    });
    return { ...deployed, inputs: checked, outputs };
  }

  async refresh(deployed: Deployed): Promise<ReadResult | undefined> {
    return this.provider.read(deployed);
  }

  async import(type: string, id: string): Promise<ReadResult | undefined> {
    return this.provider.read({ type, name: "imported", urn: urnOf(type, "imported"), id, inputs: {}, outputs: {} });
  }

  async delete(deployed: Deployed): Promise<void> {
    await this.provider.delete({ ...deployed, timeout: 0 });
  }

  async invoke(token: string, args: PropertyMap): Promise<PropertyMap> {
    return (await this.provider.invoke({ token, args, preview: false })).result;
  }

  private async checked(type: string, name: string, inputs: PropertyMap, oldInputs: PropertyMap | undefined) {
    const result = await this.check(type, name, inputs, oldInputs);
    if (result.failures.length === 0) return result.inputs;
    throw new Error(`check of ${name}: ${result.failures.map(({ reason }) => reason).join("; ")}`);
  }

  private check(type: string, name: string, inputs: PropertyMap, oldInputs: PropertyMap | undefined) {
    const randomSeed = new Uint8Array([1, 2, 3]);
    return this.provider.check({ type, name, urn: urnOf(type, name), inputs, oldInputs, randomSeed });
  }
}

function urnOf(type: string, name: string): string {
  return `urn:pulumi:test::clouds::${type}::${name}`;
}

/** The world that the sandbox starts with, with some of its objects changed. */
export function seededWorld(change: (object: WorldObject) => WorldObject = (object) => object): MemoryWorld {
  return new MemoryWorld(sandboxSeed().map(change));
}

/** The seeded world with properties of one object changed. */
export function seededWorldWith(kind: string, id: string, properties: PropertyMap): MemoryWorld {
  return seededWorld((object) =>
    object.kind === kind && object.id === id
      ? { ...object, properties: { ...object.properties, ...properties } }
      : object,
  );
}

/** Changes an object behind the program's back. */
export async function changeObject(world: World, kind: string, id: string, properties: PropertyMap): Promise<void> {
  await world.transact((transaction) => {
    const object = transaction.get(kind, id);
    if (object === undefined) throw new Error(`the world has no ${kind} ${id}`);
    transaction.put({ ...object, properties: { ...object.properties, ...properties } });
  });
}
