import {
  type PropertyMap,
  type PropertyValue,
  revealMap,
  Secret,
  unknown,
} from "../../deployment/values/property-value";
import type * as protocol from "../engine/provider";
import { checkInputs, withoutNulls } from "./input-check";
import { diffInputs } from "./input-diff";
import type { TypeRule } from "./type-rule";

/** What an operation of a state-only type is told. Inputs are known throughout and in the clear. */
export interface StateOnlyContext {
  readonly urn: string;
  readonly inputs: PropertyMap;
  /** What the state holds; absent when it is made. */
  readonly outputs: PropertyMap | undefined;
}

/** A type whose results are kept in the state and nowhere else: random values, what a command printed. */
export interface StateOnlyType
  extends Pick<TypeRule, "type" | "required" | "allowed" | "ranges" | "check" | "createOnly"> {
  /** What is filled in where an input is absent, seen in the outputs only. */
  readonly defaults?: PropertyMap;
  readonly computed: readonly string[];
  /** Top-level outputs that are secret. */
  readonly secretOutputs?: readonly string[];
  readonly create: (context: StateOnlyContext) => Promise<{ readonly id: string; readonly computed: PropertyMap }>;
  /** Absent when every change is a replacement. */
  readonly update?: (context: StateOnlyContext) => Promise<PropertyMap>;
  readonly delete?: (context: StateOnlyContext) => Promise<void>;
  /** The outputs that an id to import stands for; absent when the type cannot be imported. */
  readonly imported?: (id: string) => PropertyMap;
}

/** A provider of {@link StateOnlyType}s. */
export class StateOnlyProvider implements protocol.Provider {
  readonly acceptsSecrets = true;
  /** By type token. */
  readonly types: ReadonlyMap<string, StateOnlyType>;

  constructor(
    readonly packageName: string,
    types: readonly StateOnlyType[],
  ) {
    this.types = new Map(types.map((type) => [type.type, type]));
  }

  async checkConfig({ inputs }: { readonly inputs: PropertyMap }): Promise<protocol.CheckResult> {
    return { inputs, failures: [] };
  }

  async diffConfig(): Promise<protocol.DiffResult> {
    return { changes: "none", diffs: [], replaces: [], stables: [], deleteBeforeReplace: false, detailedDiff: {} };
  }

  async configure(): Promise<void> {}

  async check(request: protocol.CheckRequest): Promise<protocol.CheckResult> {
    const inputs = withoutNulls(request.inputs);
    return { inputs, failures: checkInputs(asRule(this.typeOf(request.type)), inputs) };
  }

  async diff(request: protocol.DiffRequest): Promise<protocol.DiffResult> {
    const { type, oldInputs, inputs, ignoreChanges } = request;
    const rule = asRule(this.typeOf(type));
    const comparison = { unordered: [], comparableText: (text: string) => text };
    const difference = diffInputs(rule, oldInputs, inputs, ignoreChanges, comparison, undefined);
    return { ...difference, stables: [], deleteBeforeReplace: false };
  }

  async create(request: protocol.CreateRequest): Promise<protocol.CreateResult> {
    const type = this.typeOf(request.type);
    if (request.preview) return { id: "", outputs: previewOutputs(type, request.inputs) };
    const { id, computed } = await type.create({
      urn: request.urn,
      inputs: revealMap(request.inputs),
      outputs: undefined,
    });
    return { id, outputs: outputsOf(type, request.inputs, computed) };
  }

  async read(request: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    if (Object.keys(request.outputs).length > 0) {
      return { id: request.id, inputs: request.inputs, outputs: request.outputs };
    }
    const imported = this.typeOf(request.type).imported;
    if (imported === undefined) throw new Error(`${request.type} cannot be imported: its values are in the state only`);
    const outputs = imported(request.id);
    return { id: request.id, inputs: request.inputs, outputs };
  }

  async update(request: protocol.UpdateRequest): Promise<PropertyMap> {
    const type = this.typeOf(request.type);
    if (request.preview && type.update !== undefined) return previewOutputs(type, request.inputs);
    const previous = pick(revealMap(request.oldOutputs), type.computed);
    const context = { urn: request.urn, inputs: revealMap(request.inputs), outputs: revealMap(request.oldOutputs) };
    const computed = type.update === undefined ? previous : await type.update(context);
    return outputsOf(type, request.inputs, computed);
  }

  async delete(request: protocol.DeleteRequest): Promise<void> {
    const type = this.typeOf(request.type);
    await type.delete?.({
      urn: request.urn,
      inputs: revealMap(request.inputs),
      outputs: revealMap(request.outputs),
    });
  }

  /** Results are kept in the state and nowhere else: what an interrupted create made is gone with its process. */
  async findInterruptedCreate(): Promise<undefined> {
    return undefined;
  }

  async invoke({ token }: protocol.InvokeRequest): Promise<protocol.InvokeResult> {
    throw new Error(`the sandbox's ${this.packageName} provider has no function "${token}"`);
  }

  private typeOf(token: string): StateOnlyType {
    const type = this.types.get(token);
    if (type !== undefined) return type;
    throw new Error(
      `the sandbox's ${this.packageName} provider has no type "${token}"; it has ${[...this.types.keys()].join(", ")}`,
    );
  }
}

/** The type in the form that the shared checks and comparisons take. */
function asRule(type: StateOnlyType): TypeRule {
  const { computed, create: _create, update: _update, delete: _delete, imported: _imported, ...checked } = type;
  return {
    ...checked,
    identity: { kind: "generated", id: (random) => random.hex(32) },
    computed: { names: computed, values: () => ({}) },
  };
}

function previewOutputs(type: StateOnlyType, inputs: PropertyMap): PropertyMap {
  return outputsOf(type, inputs, Object.fromEntries(type.computed.map((name) => [name, unknown])));
}

function outputsOf(type: StateOnlyType, inputs: PropertyMap, computed: PropertyMap): PropertyMap {
  const outputs: Record<string, PropertyValue> = { ...type.defaults, ...inputs, ...computed };
  for (const name of type.secretOutputs ?? []) {
    const value = outputs[name];
    if (value !== undefined && !(value instanceof Secret)) outputs[name] = new Secret(value);
  }
  return outputs;
}

function pick(map: PropertyMap, names: readonly string[]): PropertyMap {
  return Object.fromEntries(Object.entries(map).filter(([name]) => names.includes(name)));
}
