import { join } from "node:path";
import type { AnalyzedResource } from "../../deployment/policies/policy-analyzer";
import { policyResource } from "../../deployment/policies/policy-resource";
import {
  isPropertyArray,
  isPropertyMap,
  type PropertyValue,
  Secret,
  unknown,
} from "../../deployment/values/property-value";
import { currentType } from "../../lib/type-token";
import { comparedTypes, type ResourceSettings, settingsOf } from "../../policies/parity/compared-settings";
import { type StackShape, shapeFile, shapeKey } from "../../policies/parity/parity-settings";
import { ruleIds } from "../../policies/rules";
import { readStackParameters } from "../../policies/stack-parameters";
import type { RehearsedStack } from "../../sandbox/project/rehearsal";

/** A file that holds a stack's shape. */
export interface ShapeFile {
  readonly path: string;
  readonly text: string;
}

/** The stack that another is compared with; undefined for one that is compared with none. */
export function comparedWith(packDirectory: string, stack: string): string | undefined {
  return readStackParameters(join(packDirectory, "parameters"), stack, ruleIds).parity?.with;
}

/**
 * The shapes that stacks are compared with, as files of the pack.
 *
 * @param packDirectory the pack's
 * @param rehearsed all stacks; those that others are compared with have been previewed
 */
export function shapeFiles(packDirectory: string, rehearsed: readonly RehearsedStack[]): readonly ShapeFile[] {
  const pairs = rehearsed.flatMap((comparing) => {
    const other = comparedWith(packDirectory, comparing.stack);
    return other === undefined ? [] : [{ comparing, other }];
  });
  return [...new Set(pairs.map(({ other }) => other))].map((other) => {
    const compared = rehearsed.find(({ stack }) => stack === other);
    if (compared === undefined) throw new Error(`a stack is compared with ${other}, which there is not`);
    const wanted = pairs
      .filter((pair) => pair.other === other)
      .flatMap(({ comparing }) => listComparedResources(comparing));
    const shape = stackShape(compared, new Set(wanted.map(resourceKey)));
    return { path: shapeFile(packDirectory, other), text: `${JSON.stringify(shape, undefined, 2)}\n` };
  });
}

function stackShape(compared: RehearsedStack, wanted: ReadonlySet<string>): StackShape {
  const { stack } = compared;
  const isGiven = listGivenTexts(compared);
  const entries = listComparedResources(compared)
    .filter((resource) => wanted.has(resourceKey(resource)))
    .map((resource): [string, ResourceSettings] => [resourceKey(resource), listRecordedSettings(resource, isGiven)]);
  // In a fixed order: that of registration depends on timing.
  entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return { stack, resources: Object.fromEntries(entries) };
}

function listComparedResources({ up }: RehearsedStack): readonly AnalyzedResource[] {
  return up.resources.filter(({ type }) => comparedTypes.includes(currentType(type)));
}

function resourceKey({ type, name }: AnalyzedResource): string {
  return shapeKey({ type: currentType(type), name });
}

/** Shorter ones are found in other texts by chance. */
const shortestGiven = 12;

/** Tells texts that hold what services gave a stack's resources: identifiers, addresses, names. They are others in each stack. */
function listGivenTexts({ stack, preview, up }: RehearsedStack): (text: string) => boolean {
  if (preview === undefined) throw new Error(`${stack} was not previewed`);
  const written = new Set(preview.resources.flatMap(({ properties }) => texts(properties).map(([, text]) => text)));
  const inputs = new Map(up.resources.map((resource) => [resource.urn, new Map(texts(resource.properties))]));
  const outputs = up.members.flatMap(({ urn, properties }) => {
    const own = inputs.get(urn);
    return texts(properties).flatMap(([path, text]) => (own?.has(path) === true || written.has(text) ? [] : [text]));
  });
  const given = [...new Set(outputs)].filter((text) => text.length >= shortestGiven);
  return (text) =>
    !written.has(text) && (text.includes("/subscriptions/") || given.some((each) => text.includes(each)));
}

/** Every text in a value, with its path. */
function texts(value: PropertyValue, path = ""): readonly (readonly [string, string])[] {
  if (typeof value === "string") return [[path, value]];
  if (value instanceof Secret) return texts(value.value, path);
  if (isPropertyArray(value)) return value.flatMap((item, index) => texts(item, `${path}[${index}]`));
  if (!isPropertyMap(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => texts(item, `${path}.${key}`));
}

function listRecordedSettings(resource: AnalyzedResource, isGiven: (text: string) => boolean): ResourceSettings {
  const properties = Object.fromEntries(
    Object.entries(resource.properties).map(([key, value]) => [key, comparable(value, isGiven)]),
  );
  const { settings, computed } = settingsOf(policyResource({ ...resource, properties }, currentType(resource.type)));
  return { settings: Object.fromEntries(Object.entries(settings).sort(byPath)), computed: [...computed].sort() };
}

/** Secrets are never written down; they, and what a service gave, count as known at `up` only. */
function comparable(value: PropertyValue, isGiven: (text: string) => boolean): PropertyValue {
  if (value instanceof Secret || (typeof value === "string" && isGiven(value))) return unknown;
  if (isPropertyArray(value)) return value.map((item) => comparable(item, isGiven));
  if (!isPropertyMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, comparable(item, isGiven)]));
}

function byPath([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
