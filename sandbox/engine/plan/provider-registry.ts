import { randomUUID } from "node:crypto";
import { containsUnknown, isPropertyMap, type PropertyMap } from "../../../deployment/values/property-value";
import { unknownMarker } from "../../../deployment/values/signatures";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DiffRequest,
  DiffResult,
  Provider,
  ReadResult,
  UpdateRequest,
} from "../provider";
import { builtinPackage } from "./builtin-provider";
import { PlanError } from "./engine-errors";
import { ProviderClient, type ResourceOperations } from "./provider-client";
import type { ResourceState } from "./resource-state";
import { isProviderType, packageOf, providerReference, type Urn } from "./urn";

/** The engine's own notes among a provider's inputs. */
const internalKey = "__internal";

/** The configured providers of one deployment; also what creates, updates and diffs provider resources. */
export class ProviderRegistry implements ResourceOperations {
  private readonly clients = new Map<string, Promise<ProviderClient>>();
  private readonly checked = new Map<Urn, ProviderClient>();

  private readonly base: ReadonlyMap<string, ResourceState>;

  /** @param base the resources of the last deployment, whose providers may be needed again */
  constructor(
    private readonly newProvider: (packageName: string) => Provider | undefined,
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

  /** Makes a provider known under a second URN, after an alias. */
  alias(urn: Urn, from: ResourceState): void {
    const client = this.clients.get(providerReference(from.urn, from.id));
    if (client !== undefined) this.clients.set(providerReference(urn, from.id), client);
  }

  async check({ urn, type, inputs, oldInputs }: CheckRequest): Promise<CheckResult> {
    const client = this.clientFor(urn);
    this.checked.set(urn, client);
    const { [internalKey]: internal, ...config } = inputs;
    const old = oldInputs === undefined ? undefined : providerConfig(oldInputs);
    const result = await client.provider.checkConfig({ urn, inputs: config, oldInputs: old });
    if (packageOf(type) === builtinPackage) return result;
    return { ...result, inputs: { [internalKey]: internal ?? {}, ...result.inputs } };
  }

  diff({ urn, inputs, oldInputs, oldOutputs }: DiffRequest): Promise<DiffResult> {
    const client = this.checked.get(urn) ?? this.clientFor(urn);
    return client.provider.diffConfig({
      urn,
      inputs: providerConfig(inputs),
      oldInputs: providerConfig(oldInputs),
      oldOutputs,
    });
  }

  async create({ urn, inputs, preview }: CreateRequest): Promise<CreateResult> {
    const id = preview ? unknownMarker : randomUUID();
    await this.configureAs(urn, id, inputs);
    return { id, outputs: providerConfig(inputs) };
  }

  async update({ urn, id, inputs }: UpdateRequest): Promise<PropertyMap> {
    await this.configureAs(urn, id, inputs);
    return providerConfig(inputs);
  }

  async read(): Promise<ReadResult | undefined> {
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
    const packageName = packageOf(urn.split("::")[2] ?? "");
    const provider = this.newProvider(packageName);
    if (provider !== undefined) return new ProviderClient(provider);
    throw new PlanError(
      `the sandbox has no emulation of the package "${packageName}". Run this stack on the real engine (--engine pulumi)`,
      urn,
    );
  }
}

/** A provider's inputs without the engine's own notes. */
export function providerConfig(inputs: PropertyMap): PropertyMap {
  if (!isPropertyMap(inputs[internalKey])) return inputs;
  const { [internalKey]: _internal, ...config } = inputs;
  return config;
}
