import { equalProperties, type PropertyMap } from "../../../deployment/values/property-value";
import type * as protocol from "../../../sandbox/engine/provider";
import { EchoProvider } from "./echo-provider";

export interface WorldThing {
  readonly madeFor: string;
  readonly properties: PropertyMap;
}

/** Called around each change of the world, for tests that look at the state at that moment. */
export type Witness = (when: "before" | "after", operation: string, name: string) => void | Promise<void>;

/** Objects with ids of their own, so that one made twice shows. */
export class ThingWorld {
  readonly things: Map<string, WorldThing>;
  private made: number;

  constructor(copyOf?: ThingWorld) {
    this.things = new Map(copyOf?.things);
    this.made = copyOf?.made ?? 0;
  }

  make(thing: WorldThing): string {
    this.made += 1;
    const id = `thing-${this.made}`;
    this.things.set(id, thing);
    return id;
  }

  /** What there is, without ids, in an order that does not depend on who came first. */
  contents(): string[] {
    return [...this.things.values()]
      .map(({ madeFor, properties }) => `${madeFor} ${JSON.stringify(properties)}`)
      .sort();
  }
}

/**
 * A provider over a {@link ThingWorld} that can tell what an interrupted create left behind. A change of `prefix` replaces,
 * and one of `separator` replaces with deletion first.
 */
export class ThingProvider extends EchoProvider {
  constructor(
    packageName: string,
    private readonly world: ThingWorld,
    private readonly witness: Witness = () => {},
  ) {
    super(packageName);
  }

  override async diff({ inputs, oldInputs }: protocol.DiffRequest): Promise<protocol.DiffResult> {
    const diffs = [...new Set([...Object.keys(inputs), ...Object.keys(oldInputs)])].filter(
      (key) => !equalProperties(inputs[key], oldInputs[key]),
    );
    return {
      changes: diffs.length > 0 ? "some" : "none",
      diffs,
      replaces: diffs.filter((key) => key === "prefix" || key === "separator"),
      stables: [],
      deleteBeforeReplace: diffs.includes("separator"),
      detailedDiff: undefined,
    };
  }

  override async create({ urn, name, inputs, preview }: protocol.CreateRequest): Promise<protocol.CreateResult> {
    if (preview) return { id: "", outputs: inputs };
    await this.witness("before", "create", name);
    const id = this.world.make({ madeFor: urn, properties: inputs });
    await this.witness("after", "create", name);
    return { id, outputs: inputs };
  }

  override async read({ id, inputs }: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    const thing = this.world.things.get(id);
    return thing === undefined ? undefined : { id, inputs: thing.properties ?? inputs, outputs: thing.properties };
  }

  override async update({ urn, id, name, inputs, preview }: protocol.UpdateRequest): Promise<PropertyMap> {
    if (preview) return inputs;
    await this.witness("before", "update", name);
    if (!this.world.things.has(id)) throw new Error(`${id} does not exist`);
    this.world.things.set(id, { madeFor: urn, properties: inputs });
    await this.witness("after", "update", name);
    return inputs;
  }

  override async delete({ id, name }: protocol.DeleteRequest): Promise<void> {
    await this.witness("before", "delete", name);
    this.world.things.delete(id);
    await this.witness("after", "delete", name);
  }

  async findInterruptedCreate({
    urn,
  }: protocol.FindInterruptedCreateRequest): Promise<protocol.ReadResult | undefined> {
    // The youngest: one that waits to be deleted was made for the same resource.
    const found = [...this.world.things].filter(([, { madeFor }]) => madeFor === urn).at(-1);
    if (found === undefined) return undefined;
    const [id, { properties }] = found;
    return { id, inputs: properties, outputs: properties };
  }
}
