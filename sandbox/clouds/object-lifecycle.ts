import {
  equalProperties,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
  unknown,
} from "../../deployment/values/property-value";
import type { CreateResult, ServiceError } from "../engine/provider";
import type { CloudName, World, WorldObject, WorldTransaction } from "../world/world";
import { defaultsOf, withDefaults } from "./input-check";
import { fullInputsOfObject } from "./input-diff";
import { placesOf, textAt, withoutPaths, withoutSecret, withValueAt } from "./read-property";
import { RepeatableRandom } from "./repeatable-random";
import { createBeforeDeleteFlag, type ServiceContext, type TypeRule } from "./type-rule";

/** How one cloud answers where its services agree. */
export interface CloudBehaviour {
  readonly cloud: CloudName;
  readonly alreadyExists: (id: string) => ServiceError;
  readonly notFound: (id: string) => ServiceError;
  /** Whether changing an object that has vanished makes it again, as a PUT does. */
  readonly updateRecreates: boolean;
}

/** Makes, changes and deletes objects of the world as their type's rule says, each in one transaction. */
export class ObjectLifecycle {
  constructor(
    private readonly world: World,
    private readonly behaviour: CloudBehaviour,
  ) {}

  async create(rule: TypeRule, urn: string, givenInputs: PropertyMap, config: PropertyMap): Promise<CreateResult> {
    const inputs = serviceInputs(rule, givenInputs);
    const lockId = rule.identity.kind === "named" ? rule.identity.id(inputs, { config }) : urn;
    return this.oneAtATime(rule, inputs, lockId, () =>
      this.world.transact((world) => {
        const ownId = this.freeId(world, rule, urn, inputs, config);
        const id = rule.keptAs?.(world, ownId, inputs) ?? ownId;
        this.refuseTakenName(world, rule, id, inputs);
        const context = { world, urn, type: rule.type, id, inputs, config };
        rule.service?.create?.(context);
        const object = this.put(rule, context, world.get(rule.type, id), urn);
        return { id: ownId, outputs: object.properties };
      }),
    );
  }

  async update(
    rule: TypeRule,
    urn: string,
    ownId: string,
    givenInputs: PropertyMap,
    state: PropertyMap,
    config: PropertyMap,
  ): Promise<PropertyMap> {
    const inputs = serviceInputs(rule, givenInputs);
    return this.oneAtATime(rule, inputs, ownId, () =>
      this.world.transact((world) => {
        const id = rule.keptAs?.(world, ownId, { ...state, ...inputs }) ?? ownId;
        const existing = world.get(rule.type, id);
        const context = { world, urn, type: rule.type, id, inputs, config };
        if (existing !== undefined) rule.service?.update?.({ ...context, existing });
        else if (this.behaviour.updateRecreates) rule.service?.create?.(context);
        else throw this.behaviour.notFound(id);
        return this.put(rule, context, existing, existing === undefined ? urn : existing.madeFor).properties;
      }),
    );
  }

  async delete(rule: TypeRule, urn: string, id: string, state: PropertyMap, config: PropertyMap): Promise<void> {
    const found = await this.find(rule, id, state);
    if (found === undefined) return;
    const inputs = fullInputsOfObject(rule, found.id, found.properties);
    await this.oneAtATime(rule, inputs, found.id, () =>
      this.world.transact((world) => {
        const existing = world.get(rule.type, found.id);
        if (existing === undefined) return;
        const context = { world, urn, type: rule.type, id: existing.id, inputs, config, existing };
        rule.service?.delete?.(context);
        const left = rule.afterDelete?.(context);
        if (left === undefined) world.delete(rule.type, existing.id);
        else world.put({ cloud: existing.cloud, kind: existing.kind, id: existing.id, properties: left });
      }),
    );
  }

  /** @param state what the state has of it; nothing when it is imported */
  find(rule: TypeRule, id: string, state: PropertyMap): Promise<WorldObject | undefined> {
    const ownId = rule.identity.fromImport?.(id) ?? id;
    return this.world.read((world) => world.get(rule.type, rule.keptAs?.(world, ownId, state) ?? ownId));
  }

  /** The newest object that was made for this URN from these inputs. */
  findMadeFor(rule: TypeRule, urn: string, givenInputs: PropertyMap): Promise<WorldObject | undefined> {
    const inputs = serviceInputs(rule, givenInputs);
    const asked = outputsOf(rule, inputs, {});
    return this.world.transact((world) => {
      const context = { world, urn, type: rule.type, id: "", inputs, config: {} };
      // What the service fills in later may depend on what it computed, which is not known here: either form will do.
      const eventual = rule.eventualOutputs?.(asked, context) ?? asked;
      const holds = (actual: PropertyValue | undefined, key: string, value: PropertyValue) =>
        contains(actual, value) || contains(actual, eventual[key] ?? value);
      return world
        .list(rule.type)
        .filter((object) => object.madeFor === urn)
        .findLast((object) => {
          const named = rule.identity.inputs?.(object.id) ?? {};
          return (
            Object.entries(asked).every(([key, value]) => holds(object.properties[key], key, value)) &&
            Object.entries(named).every(([key, value]) => inputs[key] === undefined || contains(inputs[key], value))
          );
        });
    });
  }

  private put(rule: TypeRule, context: ServiceContext, existing: WorldObject | undefined, madeFor: string | undefined) {
    const random = new RepeatableRandom(`${context.type} ${context.id}`);
    const computed = rule.computed?.values({ ...context, existing, random }) ?? {};
    const object: WorldObject = {
      cloud: this.behaviour.cloud,
      kind: rule.type,
      id: context.id,
      properties: outputsOf(rule, context.inputs, computed),
      ...(madeFor === undefined ? {} : { madeFor }),
    };
    const eventual = rule.eventualOutputs?.(object.properties, context);
    context.world.put(eventual === undefined ? object : { ...object, properties: eventual });
    return object;
  }

  private freeId(
    world: WorldTransaction,
    rule: TypeRule,
    urn: string,
    inputs: PropertyMap,
    config: PropertyMap,
  ): string {
    if (rule.identity.kind === "named") {
      const id = rule.identity.id(inputs, { config });
      if (world.get(rule.type, rule.keptAs?.(world, id, inputs) ?? id) !== undefined && rule.takesOverExisting !== true)
        throw this.behaviour.alreadyExists(id);
      return id;
    }
    for (let attempt = 0; ; attempt += 1) {
      const id = rule.identity.id(new RepeatableRandom(`${urn} ${attempt}`), inputs);
      if (world.get(rule.type, id) === undefined) return id;
    }
  }

  private refuseTakenName(world: WorldTransaction, rule: TypeRule, id: string, inputs: PropertyMap): void {
    const refusal = rule.name?.uniqueInWorld;
    const name = rule.name === undefined ? undefined : textAt(inputs, rule.name.property);
    if (rule.name === undefined || refusal === undefined || name === undefined) return;
    const { property } = rule.name;
    const taken = world.list(rule.type).some((other) => {
      const full = fullInputsOfObject(rule, other.id, other.properties);
      return (
        textAt(full, property)?.toLowerCase() === name.toLowerCase() && other.id.toLowerCase() !== id.toLowerCase()
      );
    });
    if (taken) throw refusal(name);
  }

  private oneAtATime<T>(rule: TypeRule, inputs: PropertyMap, id: string, operation: () => Promise<T>): Promise<T> {
    const turn = rule.oneAtATime?.(inputs, id);
    if (turn === undefined) return operation();
    return this.world.occupy(turn.key, turn.refusal, async () => {
      await new Promise((resolve) => setTimeout(resolve, slowOperationMilliseconds));
      return operation();
    });
  }
}

/** Long enough for a concurrent operation to arrive and be refused, short enough not to be felt. */
const slowOperationMilliseconds = 10;

/** Whether a property holds what was asked for; the service may have added to it. */
function contains(actual: PropertyValue | undefined, expected: PropertyValue): boolean {
  if (actual instanceof Secret || expected instanceof Secret)
    return contains(withoutSecret(actual), withoutSecret(expected) ?? null);
  if (isPropertyMap(actual) && isPropertyMap(expected)) {
    return Object.entries(expected).every(([key, value]) => contains(actual[key], value));
  }
  if (isPropertyArray(actual) && isPropertyArray(expected)) {
    return actual.length === expected.length && expected.every((item, index) => contains(actual[index], item));
  }
  return equalProperties(actual, expected);
}

/** The inputs as the service sees them: with its defaults and in its own form. */
export function serviceInputs(rule: TypeRule, inputs: PropertyMap): PropertyMap {
  const filled = withDefaults(inputs, defaultsOf(rule, inputs));
  return rule.normalize?.(filled) ?? filled;
}

/** The outputs of an object: what the service gives back of the inputs, and what it computed, secrets marked. */
function outputsOf(rule: TypeRule, inputs: PropertyMap, computed: PropertyMap): PropertyMap {
  const kept = [...(rule.notReturned ?? []), ...(rule.notReturnedFor?.(inputs) ?? [])];
  const returned = withoutPaths(inputs, [createBeforeDeleteFlag, ...kept]);
  return withSecrets(withDefaults(computed, returned), rule.secretOutputs ?? []);
}

/** What a preview can tell of the outputs; `known` are outputs of the existing object that an update leaves alone. */
export function previewOutputsOf(rule: TypeRule, inputs: PropertyMap, known: PropertyMap): PropertyMap {
  let outputs = outputsOf(rule, inputs, {});
  for (const name of [...(rule.computed?.names ?? []), ...(rule.computed?.namesFor?.(inputs) ?? [])]) {
    for (const { path } of placesOf(outputs, name)) outputs = withValueAt(outputs, path, unknown);
  }
  return { ...outputs, ...known };
}

function withSecrets(outputs: PropertyMap, paths: readonly string[]): PropertyMap {
  return paths
    .flatMap((path) => placesOf(outputs, path))
    .reduce(
      (marked, { path, value }) => (value === undefined ? marked : withValueAt(marked, path, new Secret(value))),
      outputs,
    );
}
