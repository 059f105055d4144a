import {
  all,
  type CustomResource,
  type CustomResourceOptions,
  type Input,
  type ResourceTransformation,
  secret,
  unknown,
} from "@pulumi/pulumi";
import { secretSignature, signatureKey, unknownMarkers } from "../../deployment/values/signatures";
import { isJsonObject, type JsonValue } from "../../lib/json-value";
import { rootStackType } from "../../sandbox/engine/plan/urn";
import type { RecordedRegistration, RegistrationRecord } from "./alai-preview";

/**
 * The recorded resources as a program without components: each is made of its provider's own class, directly under the stack, with
 * the properties and the dependencies that it had.
 */
export function flatProgram(recording: RegistrationRecord): () => void {
  const resources = recording.filter(({ goal }) => goal.custom && goal.type !== rootStackType);
  // Loaded beforehand, as the component program's classes are.
  const classes = new Map(resources.map(({ goal }) => [goal.type, resourceClass(goal.type)]));
  return () => {
    const made = new Map<string, CustomResource>();
    const names = new Set<string>();
    for (const registration of resources) {
      const type = classes.get(registration.goal.type);
      if (type !== undefined) made.set(registration.urn, make(type, registration, made, names));
    }
  };
}

function make(
  type: ResourceClass,
  registration: RecordedRegistration,
  made: ReadonlyMap<string, CustomResource>,
  names: Set<string>,
): CustomResource {
  const { goal, properties } = registration;
  const needed = (urns: readonly string[]) => urns.flatMap((urn) => made.get(urn) ?? []);
  const args: Record<string, Input<unknown>> = {};
  for (const [key, value] of Object.entries(properties)) {
    args[key] = inputOf(value, needed(goal.propertyDependencies[key] ?? []));
  }
  // The SDK makes some arguments one output, unknown as a whole; components keep what they know of them, and so does this program.
  const asRecorded: ResourceTransformation = ({ props, opts }) => ({ props: { ...props, ...args }, opts });
  return new type(uniqueName(goal, names), args, { ...optionsOf(goal, needed), transformations: [asRecorded] });
}

function optionsOf(
  goal: RecordedRegistration["goal"],
  needed: (urns: readonly string[]) => CustomResource[],
): CustomResourceOptions {
  const implied = new Set(Object.values(goal.propertyDependencies).flat());
  const [deletedWith] = needed([goal.deletedWith]);
  return {
    dependsOn: needed(goal.dependencies.filter((urn) => !implied.has(urn))),
    ignoreChanges: [...goal.ignoreChanges],
    replaceOnChanges: [...goal.replaceOnChanges],
    ...(goal.importId === "" ? {} : { import: goal.importId }),
    ...(goal.protect === undefined ? {} : { protect: goal.protect }),
    ...(goal.retainOnDelete === undefined ? {} : { retainOnDelete: goal.retainOnDelete }),
    ...(goal.deleteBeforeReplace === undefined ? {} : { deleteBeforeReplace: goal.deleteBeforeReplace }),
    ...(deletedWith === undefined ? {} : { deletedWith }),
  };
}

/** Children of different components may share a name; under the stack they cannot. */
function uniqueName({ type, name }: RecordedRegistration["goal"], names: Set<string>): string {
  let unique = name;
  for (let count = 2; names.has(`${type} ${unique}`); count += 1) unique = `${name}-${count}`;
  names.add(`${type} ${unique}`);
  return unique;
}

/** A property that is known, unknown or secret where the recorded one was, and comes from the resources that it came from. */
function inputOf(value: JsonValue, from: readonly CustomResource[]): Input<unknown> {
  const urns = from.map(({ urn }) => urn);
  let hasUnknown = false;
  const build = (part: JsonValue): Input<unknown> => {
    if (typeof part === "string" && unknownMarkers.has(part)) {
      hasUnknown = true;
      return all([...urns, unknown]).apply(() => "");
    }
    if (Array.isArray(part)) return part.map(build);
    if (!isJsonObject(part)) return part;
    if (part[signatureKey] === secretSignature) return secret(build(part.value ?? null));
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, build(inner ?? null)]));
  };
  const built = build(value);
  return hasUnknown || urns.length === 0 ? built : all(urns).apply(() => built);
}

/** A provider's class for one type of resource. */
type ResourceClass = new (name: string, args: object, options: CustomResourceOptions) => CustomResource;

/**
 * The class of a type token, from its provider's package.
 *
 * @param type for example `azure-native:storage:StorageAccount` or `cloudflare:index/dnsRecord:DnsRecord`
 * @throws when the package has no such class
 */
function resourceClass(type: string): ResourceClass {
  const [packageName = "", module = "", name = ""] = type.split(":");
  const path = `@pulumi/${packageName}/${module.replace(/^index\//, "")}`;
  const loaded: unknown = require(path);
  const found = typeof loaded === "object" && loaded !== null && name in loaded ? Reflect.get(loaded, name) : undefined;
  if (!isResourceClass(found)) throw new Error(`${path} has no resource ${name}`);
  return found;
}

function isResourceClass(value: unknown): value is ResourceClass {
  return typeof value === "function" && "__pulumiType" in value;
}
