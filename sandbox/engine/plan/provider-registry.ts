import { randomUUID } from "node:crypto";
import {
  containsUnknown,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  revealMap,
  Secret,
} from "../../../deployment/values/property-value";
import { unknownMarker } from "../../../deployment/values/signatures";
import type * as protocol from "../provider";
import { builtinPackage } from "./builtin-provider";
import { PlanError } from "./engine-errors";
import type { ResourceState } from "./resource-state";
import { isProviderType, packageOf, parseUrn, providerReference, type Urn } from "./urn";

/** The engine's own notes among a provider's inputs. */
const internalKey = "__internal";

/** The configured providers of one deployment; also what creates, updates and diffs provider resources. */
export class ProviderRegistry implements ResourceOperations {
  private readonly clients = new Map<string, Promise<ProviderClient>>();
  private readonly checked = new Map<Urn, ProviderClient>();
  private readonly gaps = new Map<string, protocol.EmulationGaps | undefined>();

  private readonly base: ReadonlyMap<string, ResourceState>;

  /** @param base the resources of the last deployment, whose providers may be needed again */
  constructor(
    private readonly newProvider: (packageName: string) => protocol.Provider | undefined,
    private readonly dryRun: boolean,
    base: readonly ResourceState[],
  ) {
    const providers = base.filter((state) => isProviderType(state.type));
    this.base = new Map(providers.map((state) => [providerReference(state.urn, state.id), state]));
  }

  get(reference: string): Promise<ProviderClient> | undefined {
    return this.clients.get(reference);
  }

  /** The provider that `reference` names, configured from the last deployment's state if this one has not done so. */
  async ensure(reference: string): Promise<ProviderClient> {
    const known = this.clients.get(reference);
    if (known !== undefined) return known;
    const state = this.base.get(reference);
    if (state === undefined) throw new PlanError(`could not find provider ${reference} in the state`);
    return this.same(state);
  }

  /** The resource behind a provider of the last deployment. */
  baseProvider(reference: string): ResourceState | undefined {
    return this.base.get(reference);
  }

  /** Configures a provider resource as the last deployment left it. */
  same(state: ResourceState): Promise<ProviderClient> {
    const reference = providerReference(state.urn, state.id);
    const known = this.clients.get(reference);
    if (known !== undefined) return known;
    const client = this.configured(this.clientFor(state.urn), state.inputs);
    this.clients.set(reference, client);
    return client;
  }

  /** What the emulation of a token's package lacks; no provider need be configured for it yet. */
  gapsOf(token: string): protocol.EmulationGaps | undefined {
    const name = packageOf(token);
    if (!this.gaps.has(name)) this.gaps.set(name, this.newProvider(name)?.gaps);
    return this.gaps.get(name);
  }

  /** Makes a provider known under a second URN, after an alias. */
  alias(urn: Urn, from: ResourceState): void {
    const client = this.clients.get(providerReference(from.urn, from.id));
    if (client !== undefined) this.clients.set(providerReference(urn, from.id), client);
  }

  async check({ urn, type, inputs, oldInputs }: protocol.CheckRequest): Promise<protocol.CheckResult> {
    const client = this.clientFor(urn);
    this.checked.set(urn, client);
    const { [internalKey]: internal, ...config } = inputs;
    const old = oldInputs === undefined ? undefined : providerConfig(oldInputs);
    const result = await client.provider.checkConfig({ urn, inputs: config, oldInputs: old });
    if (internal === undefined || packageOf(type) === builtinPackage) return result;
    return { ...result, inputs: { [internalKey]: internal, ...result.inputs } };
  }

  diff({ urn, inputs, oldInputs, oldOutputs }: protocol.DiffRequest): Promise<protocol.DiffResult> {
    const client = this.checked.get(urn) ?? this.clientFor(urn);
    return client.provider.diffConfig(comparedConfig(urn, inputs, { inputs: oldInputs, outputs: oldOutputs }));
  }

  async create({ urn, inputs, preview }: protocol.CreateRequest): Promise<protocol.CreateResult> {
    const id = preview ? unknownMarker : randomUUID();
    await this.configureAs(urn, id, inputs);
    return { id, outputs: providerConfig(inputs) };
  }

  async update({ urn, id, inputs }: protocol.UpdateRequest): Promise<PropertyMap> {
    await this.configureAs(urn, id, inputs);
    return providerConfig(inputs);
  }

  async read(): Promise<protocol.ReadResult | undefined> {
    throw new PlanError("provider resources cannot be read or imported");
  }

  async delete(): Promise<void> {}

  private configureAs(urn: Urn, id: string, inputs: PropertyMap): Promise<ProviderClient> {
    const client = this.configured(this.checked.get(urn) ?? this.clientFor(urn), inputs);
    this.clients.set(providerReference(urn, id), client);
    return client;
  }

  private async configured(client: ProviderClient, inputs: PropertyMap): Promise<ProviderClient> {
    const config = providerConfig(inputs);
    if (!(this.dryRun && containsUnknown(config))) await client.provider.configure(config);
    return client;
  }

  private clientFor(urn: Urn): ProviderClient {
    const packageName = packageOf(parseUrn(urn).type);
    const provider = this.newProvider(packageName);
    if (provider !== undefined) return new ProviderClient(provider);
    throw new PlanError(
      `the sandbox has no emulation of the package "${packageName}". Run this stack on the real engine (--engine pulumi)`,
      urn,
    );
  }
}

/** A provider's inputs without the engine's own notes. */
function providerConfig(inputs: PropertyMap): PropertyMap {
  if (!isPropertyMap(inputs[internalKey])) return inputs;
  const { [internalKey]: _internal, ...config } = inputs;
  return config;
}

/** Two configurations of a provider to be compared. The engine hands them over in clear text: what becomes a secret has not changed. */
export function comparedConfig(
  urn: Urn,
  inputs: PropertyMap,
  old: { readonly inputs: PropertyMap; readonly outputs: PropertyMap },
): protocol.DiffConfigRequest {
  return {
    urn,
    inputs: revealMap(providerConfig(inputs)),
    oldInputs: revealMap(providerConfig(old.inputs)),
    oldOutputs: revealMap(old.outputs),
  };
}

/** What the planner does with a resource; provider resources have their own implementation. */
export interface ResourceOperations {
  check(request: protocol.CheckRequest): Promise<protocol.CheckResult>;
  diff(request: protocol.DiffRequest): Promise<protocol.DiffResult>;
  create(request: protocol.CreateRequest): Promise<protocol.CreateResult>;
  read(request: protocol.ReadRequest): Promise<protocol.ReadResult | undefined>;
  update(request: protocol.UpdateRequest): Promise<PropertyMap>;
  delete(request: protocol.DeleteRequest): Promise<void>;
}

/** A provider that is configured, with secrets unwrapped for it and wrapped again where it does not take them. */
export class ProviderClient implements ResourceOperations {
  constructor(readonly provider: protocol.Provider) {}

  async check(request: protocol.CheckRequest): Promise<protocol.CheckResult> {
    const { inputs, oldInputs } = request;
    const result = await this.provider.check({
      ...request,
      inputs: this.open(inputs),
      oldInputs: oldInputs === undefined ? undefined : this.open(oldInputs),
    });
    return { ...result, inputs: this.close(result.inputs, inputs) };
  }

  diff(request: protocol.DiffRequest): Promise<protocol.DiffResult> {
    const { inputs, oldInputs, oldOutputs } = request;
    return this.provider.diff({
      ...request,
      inputs: this.open(inputs),
      oldInputs: this.open(oldInputs),
      oldOutputs: this.open(oldOutputs),
    });
  }

  async create(request: protocol.CreateRequest): Promise<protocol.CreateResult> {
    const { id, outputs } = await this.provider.create({ ...request, inputs: this.open(request.inputs) });
    return { id, outputs: this.close(outputs, request.inputs) };
  }

  async read(request: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    const { inputs, outputs } = request;
    const found = await this.provider.read({ ...request, inputs: this.open(inputs), outputs: this.open(outputs) });
    if (found === undefined) return undefined;
    return { id: found.id, inputs: this.close(found.inputs, inputs), outputs: this.close(found.outputs, outputs) };
  }

  async update(request: protocol.UpdateRequest): Promise<PropertyMap> {
    const { inputs, oldInputs, oldOutputs } = request;
    const outputs = await this.provider.update({
      ...request,
      inputs: this.open(inputs),
      oldInputs: this.open(oldInputs),
      oldOutputs: this.open(oldOutputs),
    });
    return this.close(outputs, inputs);
  }

  delete(request: protocol.DeleteRequest): Promise<void> {
    const { inputs, outputs } = request;
    return this.provider.delete({ ...request, inputs: this.open(inputs), outputs: this.open(outputs) });
  }

  invoke(request: protocol.InvokeRequest): Promise<protocol.InvokeResult> {
    return this.provider.invoke({ ...request, args: this.open(request.args) });
  }

  /** Undefined when the provider cannot tell what an interrupted create left behind. */
  get interruptedCreates():
    | ((request: protocol.FindInterruptedCreateRequest) => Promise<protocol.ReadResult | undefined>)
    | undefined {
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
