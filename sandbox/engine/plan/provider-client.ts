import {
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  revealMap,
  Secret,
} from "../../../deployment/values/property-value";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  FindInterruptedCreateRequest,
  InvokeRequest,
  InvokeResult,
  Provider,
  ReadRequest,
  ReadResult,
  UpdateRequest,
} from "../provider";

/** What the planner does with a resource; provider resources have their own implementation. */
export interface ResourceOperations {
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  create(request: CreateRequest): Promise<CreateResult>;
  read(request: ReadRequest): Promise<ReadResult | undefined>;
  update(request: UpdateRequest): Promise<PropertyMap>;
  delete(request: DeleteRequest): Promise<void>;
}

/** A provider that is configured, with secrets unwrapped for it and wrapped again where it does not take them. */
export class ProviderClient implements ResourceOperations {
  constructor(readonly provider: Provider) {}

  async check(request: CheckRequest): Promise<CheckResult> {
    const { inputs, oldInputs } = request;
    const result = await this.provider.check({
      ...request,
      inputs: this.open(inputs),
      oldInputs: oldInputs === undefined ? undefined : this.open(oldInputs),
    });
    return { ...result, inputs: this.close(result.inputs, inputs) };
  }

  diff(request: DiffRequest): Promise<DiffResult> {
    const { inputs, oldInputs, oldOutputs } = request;
    return this.provider.diff({
      ...request,
      inputs: this.open(inputs),
      oldInputs: this.open(oldInputs),
      oldOutputs: this.open(oldOutputs),
    });
  }

  async create(request: CreateRequest): Promise<CreateResult> {
    const { id, outputs } = await this.provider.create({ ...request, inputs: this.open(request.inputs) });
    return { id, outputs: this.close(outputs, request.inputs) };
  }

  async read(request: ReadRequest): Promise<ReadResult | undefined> {
    const { inputs, outputs } = request;
    const found = await this.provider.read({ ...request, inputs: this.open(inputs), outputs: this.open(outputs) });
    if (found === undefined) return undefined;
    return { id: found.id, inputs: this.close(found.inputs, inputs), outputs: this.close(found.outputs, outputs) };
  }

  async update(request: UpdateRequest): Promise<PropertyMap> {
    const { inputs, oldInputs, oldOutputs } = request;
    const outputs = await this.provider.update({
      ...request,
      inputs: this.open(inputs),
      oldInputs: this.open(oldInputs),
      oldOutputs: this.open(oldOutputs),
    });
    return this.close(outputs, inputs);
  }

  delete(request: DeleteRequest): Promise<void> {
    const { inputs, outputs } = request;
    return this.provider.delete({ ...request, inputs: this.open(inputs), outputs: this.open(outputs) });
  }

  invoke(request: InvokeRequest): Promise<InvokeResult> {
    return this.provider.invoke({ ...request, args: this.open(request.args) });
  }

  /** Undefined when the provider cannot tell what an interrupted create left behind. */
  get interruptedCreates(): ((request: FindInterruptedCreateRequest) => Promise<ReadResult | undefined>) | undefined {
    const find = this.provider.findInterruptedCreate?.bind(this.provider);
    if (find === undefined) return undefined;
    return async (request) => {
      const found = await find({ ...request, inputs: this.open(request.inputs) });
      return found === undefined ? undefined : { ...found, outputs: this.close(found.outputs, request.inputs) };
    };
  }

  private open(properties: PropertyMap): PropertyMap {
    return this.provider.acceptsSecrets ? properties : revealMap(properties);
  }

  private close(properties: PropertyMap, like: PropertyMap): PropertyMap {
    return this.provider.acceptsSecrets ? properties : markSecrets(properties, like);
  }
}

/** `properties` with everything marked secret that is secret at the same place in `like`. */
function markSecrets(properties: PropertyMap, like: PropertyMap): PropertyMap {
  const marked: Record<string, PropertyValue> = {};
  for (const [key, value] of Object.entries(properties)) marked[key] = markSecret(value, like[key]);
  return marked;
}

function markSecret(value: PropertyValue, like: PropertyValue | undefined): PropertyValue {
  if (like === undefined || value instanceof Secret) return value;
  if (like instanceof Secret) return new Secret(value);
  if (isPropertyMap(value) && isPropertyMap(like)) return markSecrets(value, like);
  if (isPropertyArray(value) && isPropertyArray(like) && value.length === like.length) {
    return value.map((item, index) => markSecret(item, like[index]));
  }
  return value;
}
