import { equalProperties, type PropertyMap } from "../../../deployment/values/property-value";
import type {
  CheckConfigRequest,
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  InvokeRequest,
  InvokeResult,
  Provider,
  ReadRequest,
  ReadResult,
  UpdateRequest,
} from "../../../sandbox/engine/provider";

/** A provider that accepts everything and returns the inputs as outputs. */
export class EchoProvider implements Provider {
  readonly acceptsSecrets: boolean = true;
  readonly objects = new Map<string, PropertyMap>();

  constructor(
    readonly packageName: string,
    private readonly replacing: readonly string[] = [],
  ) {}

  async checkConfig({ inputs }: CheckConfigRequest): Promise<CheckResult> {
    return { inputs, failures: [] };
  }

  async diffConfig(): Promise<DiffResult> {
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

  async check({ inputs }: CheckRequest): Promise<CheckResult> {
    return { inputs, failures: [] };
  }

  async diff({ inputs, oldInputs }: DiffRequest): Promise<DiffResult> {
    const diffs = [...new Set([...Object.keys(inputs), ...Object.keys(oldInputs)])].filter(
      (key) => !equalProperties(inputs[key], oldInputs[key]),
    );
    const replaces = diffs.filter((key) => this.replacing.includes(key));
    const changes = diffs.length > 0 ? "some" : "none";
    return { changes, diffs, replaces, stables: [], deleteBeforeReplace: false, detailedDiff: undefined };
  }

  async create({ urn, inputs, preview }: CreateRequest): Promise<CreateResult> {
    if (preview) return { id: "", outputs: inputs };
    this.objects.set(urn, inputs);
    return { id: urn, outputs: inputs };
  }

  async read({ id, inputs }: ReadRequest): Promise<ReadResult | undefined> {
    const outputs = this.objects.get(id);
    return outputs === undefined ? undefined : { id, inputs, outputs };
  }

  async update({ id, inputs, preview }: UpdateRequest): Promise<PropertyMap> {
    if (!preview) this.objects.set(id, inputs);
    return inputs;
  }

  async delete({ id }: DeleteRequest): Promise<void> {
    this.objects.delete(id);
  }

  async invoke({ args }: InvokeRequest): Promise<InvokeResult> {
    return { result: args, failures: [] };
  }
}
