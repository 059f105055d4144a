import { equalProperties, type PropertyMap } from "../../../deployment/values/property-value";
import type * as protocol from "../../../sandbox/engine/provider";

/** A provider that accepts everything and returns the inputs as outputs. */
export class EchoProvider implements protocol.Provider {
  readonly acceptsSecrets: boolean = true;
  readonly objects = new Map<string, PropertyMap>();

  constructor(
    readonly packageName: string,
    private readonly replacing: readonly string[] = [],
  ) {}

  async checkConfig({ inputs }: protocol.CheckConfigRequest): Promise<protocol.CheckResult> {
    return { inputs, failures: [] };
  }

  async diffConfig(): Promise<protocol.DiffResult> {
    return {
      changes: "none",
      diffs: [],
      replaces: [],
      stables: [],
      deleteBeforeReplace: false,
      detailedDiff: undefined,
    };
  }

  async configure(): Promise<void> {}

  async check({ inputs }: protocol.CheckRequest): Promise<protocol.CheckResult> {
    return { inputs, failures: [] };
  }

  async diff({ inputs, oldInputs }: protocol.DiffRequest): Promise<protocol.DiffResult> {
    const diffs = [...new Set([...Object.keys(inputs), ...Object.keys(oldInputs)])].filter(
      (key) => !equalProperties(inputs[key], oldInputs[key]),
    );
    const replaces = diffs.filter((key) => this.replacing.includes(key));
    const changes = diffs.length > 0 ? "some" : "none";
    return { changes, diffs, replaces, stables: [], deleteBeforeReplace: false, detailedDiff: undefined };
  }

  async create({ urn, inputs, preview }: protocol.CreateRequest): Promise<protocol.CreateResult> {
    if (preview) return { id: "", outputs: inputs };
    this.objects.set(urn, inputs);
    return { id: urn, outputs: inputs };
  }

  async read({ id, inputs }: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    const outputs = this.objects.get(id);
    return outputs === undefined ? undefined : { id, inputs, outputs };
  }

  async update({ id, inputs, preview }: protocol.UpdateRequest): Promise<PropertyMap> {
    if (!preview) this.objects.set(id, inputs);
    return inputs;
  }

  async delete({ id }: protocol.DeleteRequest): Promise<void> {
    this.objects.delete(id);
  }

  async invoke({ args }: protocol.InvokeRequest): Promise<protocol.InvokeResult> {
    return { result: args, failures: [] };
  }
}
