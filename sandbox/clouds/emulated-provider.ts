import { equalProperties, type PropertyMap } from "../../deployment/values/property-value";
import { currentType } from "../../lib/type-token";
import * as protocol from "../engine/provider";
import type { World, WorldReading } from "../world/world";
import { checkInputs, withoutNulls } from "./input-check";
import {
  type ComparisonRules,
  diffInputs,
  inputsAsInState,
  inputsOfObject,
  refreshedInputs,
  withOutdated,
} from "./input-diff";
import { type CloudBehaviour, ObjectLifecycle, previewOutputsOf, serviceInputs } from "./object-lifecycle";
import { flagAt, textAt } from "./read-property";
import { RepeatableRandom } from "./repeatable-random";
import { createBeforeDeleteFlag, type TypeRule } from "./type-rule";

/** One emulated cloud: its types and how its services behave where they agree. */
export interface EmulatedCloud {
  readonly packageName: string;
  readonly behaviour: CloudBehaviour;
  readonly rules: readonly TypeRule[];
  /** The rule for a type that is not modelled. Default: {@link genericObject}, which the cloud may refine. */
  readonly unmodelledRule: (type: string) => TypeRule;
  /** Inputs that the provider itself adds during its check (azure-native: the group's location). */
  readonly addInputs?: (rule: TypeRule, inputs: PropertyMap, context: CheckContext) => PropertyMap;
  /** The form in which two texts are compared. Default: as they are. */
  readonly comparableText?: ComparisonRules["comparableText"];
  /** Answers a function call; throws a `ServiceError` for what is not there. */
  readonly invoke: (request: protocol.InvokeRequest, context: CheckContext) => PropertyMap;
  /** Whether `invoke` answers a function of this token, with the right arguments. */
  readonly hasFunction: (token: string) => boolean;
  /** Configuration whose change replaces every resource of the provider. */
  readonly replacingConfig?: readonly string[];
  /** Whether an input that states what the object has already is no change. Default: inputs are compared with inputs. */
  readonly comparesWithState?: boolean;
}

export interface CheckContext {
  readonly world: WorldReading;
  readonly config: PropertyMap;
}

export interface EmulatedProviderOptions {
  /** Called once for each type without a rule, so that a person can be told which objects nobody checks. */
  readonly onUnmodelledType?: (type: string) => void;
}

/** A provider made of {@link TypeRule}s over the emulated world. */
export class EmulatedProvider implements protocol.Provider {
  readonly packageName: string;
  readonly acceptsSecrets = true;
  /** By type token. Of a type that is not modelled, from when it is first met. */
  readonly rules: Map<string, TypeRule>;
  readonly gaps: protocol.EmulationGaps;
  private readonly lifecycle: ObjectLifecycle;
  private config: PropertyMap = {};

  constructor(
    private readonly cloud: EmulatedCloud,
    private readonly world: World,
    private readonly options: EmulatedProviderOptions = {},
  ) {
    this.packageName = cloud.packageName;
    this.rules = new Map(cloud.rules.map((rule) => [rule.type, rule]));
    this.lifecycle = new ObjectLifecycle(world, cloud.behaviour);
    const modelled = new Set(this.rules.keys());
    this.gaps = {
      functionProblem: (token) => (cloud.hasFunction(token) ? undefined : functionNotModelled(token)),
      isGeneric: (type) => !modelled.has(currentType(type)),
    };
  }

  async checkConfig(request: protocol.CheckConfigRequest): Promise<protocol.CheckResult> {
    return { inputs: request.inputs, failures: [] };
  }

  async diffConfig({ inputs, oldInputs }: protocol.DiffConfigRequest): Promise<protocol.DiffResult> {
    const diffs = [...new Set([...Object.keys(inputs), ...Object.keys(oldInputs)])].filter(
      (key) => !equalProperties(inputs[key], oldInputs[key]),
    );
    const replaces = diffs.filter((key) => this.cloud.replacingConfig?.includes(key));
    const changes = diffs.length > 0 ? "some" : "none";
    return { changes, diffs, replaces, stables: [], deleteBeforeReplace: false, detailedDiff: undefined };
  }

  async configure(inputs: PropertyMap): Promise<void> {
    this.config = inputs;
  }

  async check(request: protocol.CheckRequest): Promise<protocol.CheckResult> {
    const rule = this.rule(request.type);
    const named = withName(rule, request, withoutNulls(request.inputs));
    const { addInputs } = this.cloud;
    const inputs =
      addInputs === undefined
        ? named
        : await this.world.read((world) => addInputs(rule, named, { world, config: this.config }));
    return { inputs, failures: checkInputs(rule, inputs) };
  }

  async diff({
    type,
    oldInputs,
    oldOutputs,
    inputs,
    ignoreChanges,
  }: protocol.DiffRequest): Promise<protocol.DiffResult> {
    const rule = this.rule(type);
    const comparison = this.comparison(rule);
    const before =
      this.cloud.comparesWithState === true ? inputsAsInState(oldInputs, inputs, oldOutputs, comparison) : oldInputs;
    const difference = withOutdated(
      await this.world.read((world) => diffInputs(rule, before, inputs, ignoreChanges, comparison, world)),
      rule.outdated?.(oldOutputs, inputs),
      ignoreChanges,
    );
    return {
      ...difference,
      stables: rule.computed?.stable ?? [],
      deleteBeforeReplace: difference.replaces.length > 0 && deletesFirst(rule, oldInputs),
    };
  }

  async create({ type, urn, inputs, preview }: protocol.CreateRequest): Promise<protocol.CreateResult> {
    const rule = this.rule(type);
    if (preview) return { id: "", outputs: previewOutputsOf(rule, serviceInputs(rule, inputs), {}) };
    return this.lifecycle.create(rule, urn, inputs, this.config);
  }

  async read({ type, id, inputs, outputs }: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    const rule = this.rule(type);
    const object = await this.lifecycle.find(rule, id, outputs);
    const found = rule.read === undefined ? object?.properties : rule.read(object?.properties, outputs);
    if (found === undefined) return undefined;
    const isFirstRead = Object.keys(inputs).length === 0 && Object.keys(outputs).length === 0;
    const ownId = rule.keptAs === undefined || isFirstRead ? (object?.id ?? id) : id;
    return {
      id: ownId,
      inputs: isFirstRead
        ? inputsOfObject(rule, ownId, found)
        : refreshedInputs(rule, inputs, outputs, found, this.comparison(rule)),
      outputs: found,
    };
  }

  async update({ type, urn, id, inputs, oldOutputs, preview }: protocol.UpdateRequest): Promise<PropertyMap> {
    const rule = this.rule(type);
    if (!preview) return this.lifecycle.update(rule, urn, id, inputs, oldOutputs, this.config);
    const stable = (rule.computed?.stable ?? []).filter((name) => oldOutputs[name] !== undefined);
    const known = Object.fromEntries(stable.map((name) => [name, oldOutputs[name] ?? null]));
    return previewOutputsOf(rule, serviceInputs(rule, inputs), known);
  }

  async delete({ type, urn, id, outputs }: protocol.DeleteRequest): Promise<void> {
    await this.lifecycle.delete(this.rule(type), urn, id, outputs, this.config);
  }

  async invoke(request: protocol.InvokeRequest): Promise<protocol.InvokeResult> {
    if (!this.cloud.hasFunction(request.token))
      throw new protocol.ServiceError("InvokeNotModelled", functionNotModelled(request.token), 501);
    const result = await this.world.read((world) => this.cloud.invoke(request, { world, config: this.config }));
    return { result, failures: [] };
  }

  async findInterruptedCreate({
    type,
    urn,
    inputs,
  }: protocol.FindInterruptedCreateRequest): Promise<protocol.ReadResult | undefined> {
    const object = await this.lifecycle.findMadeFor(this.rule(type), urn, inputs);
    return object === undefined ? undefined : { id: object.id, inputs, outputs: object.properties };
  }

  private rule(type: string): TypeRule {
    const current = currentType(type);
    const known = this.rules.get(current);
    if (known !== undefined) return known;
    this.options.onUnmodelledType?.(current);
    const generic = this.cloud.unmodelledRule(current);
    this.rules.set(current, generic);
    return generic;
  }

  private comparison(rule: TypeRule): ComparisonRules {
    return {
      unordered: rule.unordered ?? [],
      comparableText: this.cloud.comparableText ?? ((text) => text),
    };
  }
}

/** The inputs with an automatic name where the program gives none: the old one if there is one, otherwise a new one. */
function withName({ name: rule }: TypeRule, request: protocol.CheckRequest, inputs: PropertyMap): PropertyMap {
  if (rule?.automatic === undefined || inputs[rule.property] !== undefined) return inputs;
  if (rule.isGiven?.(inputs) === true) return inputs;
  const oldName = textAt(request.oldInputs ?? {}, rule.property);
  if (oldName !== undefined) {
    const flagged = flagAt(request.oldInputs ?? {}, createBeforeDeleteFlag) === true;
    return { ...inputs, [rule.property]: oldName, ...(flagged ? { [createBeforeDeleteFlag]: true } : {}) };
  }
  const { name, random } = rule.automatic(request.name, new RepeatableRandom(request.randomSeed));
  return { ...inputs, [rule.property]: name, ...(random ? { [createBeforeDeleteFlag]: true } : {}) };
}

function deletesFirst(rule: TypeRule, oldInputs: PropertyMap): boolean {
  const order = rule.deleteBeforeReplace ?? "never";
  return order === "always" || (order === "unless-automatically-named" && oldInputs[createBeforeDeleteFlag] !== true);
}

/** A function of a package, for example `getZone`: what it answers from the world. */
export type EmulatedFunction = (args: PropertyMap, world: WorldReading) => PropertyMap;

/** Answers a package's functions by their tokens. */
export function answerFunctions(
  functions: Readonly<Record<string, EmulatedFunction>>,
): Pick<EmulatedCloud, "invoke" | "hasFunction"> {
  return {
    hasFunction: (token) => Object.hasOwn(functions, token),
    invoke: ({ token, args }, { world }) => functions[token]?.(args, world) ?? {},
  };
}

function functionNotModelled(token: string): string {
  return `the sandbox does not model the function ${token}. Run this stack on the real engine (--engine pulumi), or model it beside the others in sandbox/clouds/${token.split(":")[0]}`;
}
