import { unknownMarker } from "../../deployment/values/signatures";
import { encodeProperties } from "../../deployment/values/state-value";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-value";
import { type ResourceState, referencedUrns } from "../engine/plan/resource-state";
import { parseProviderReference } from "../engine/plan/urn";
import {
  type DeploymentDocument,
  parseDeploymentDocument,
  type StoredResource,
} from "../engine/state/deployment-document";
import { PassphraseCipher } from "../engine/state/passphrase-cipher";
import { decodeState } from "../engine/state/state-store";
import type { Needs } from "./compare-events";
import { fixtures } from "./recorded-providers";
import { recordedPassphrase } from "./run-series";

/** Not compared: the place in the program's source, and the times. Whether there is a time is. */
const places = new Set(["sourcePosition", "stackTrace"]);
const times = new Set(["created", "modified"]);

/** A state document, opened with the passphrase of the recordings. */
export interface OpenedState {
  readonly document: DeploymentDocument;
  readonly resources: readonly ResourceState[];
}

export async function openState(text: string, where: string): Promise<OpenedState> {
  const document = parseDeploymentDocument(text, where);
  const salt = document.deployment.secrets_providers?.state?.salt ?? "";
  const cipher = await PassphraseCipher.open(recordedPassphrase, salt, where);
  return { document, resources: decodeState(document, cipher, where).resources };
}

/** Compares what was left: the same resources with the same of everything, in an order in which each follows what it needs. */
export function compareStates(recorded: OpenedState, actual: OpenedState): string[] {
  const problems = [...compareResources(recorded, actual), ...findMisplaced(actual)];
  const rest = firstDifference(restOf(recorded), restOf(actual));
  return rest === undefined ? problems : [...problems, `state: ${rest}`];
}

function compareResources(recorded: OpenedState, actual: OpenedState): string[] {
  const expected = resourcesByUrn(recorded);
  const got = resourcesByUrn(actual);
  const problems: string[] = [];
  for (const key of new Set([...expected.keys(), ...got.keys()])) {
    const difference = firstDifference(expected.get(key), got.get(key));
    if (difference !== undefined) problems.push(`state of ${key}: ${difference}`);
  }
  return problems;
}

function resourcesByUrn({ document, resources }: OpenedState): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const [index, stored] of (document.deployment.resources ?? []).entries()) {
    const decoded = resources[index];
    if (decoded !== undefined)
      found.set(`${stored.urn}${stored.delete ? " (to be deleted)" : ""}`, comparable(stored, decoded));
  }
  return found;
}

function comparable(stored: StoredResource, decoded: ResourceState): JsonObject {
  const compared: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(stored)) {
    if (places.has(key)) continue;
    compared[key] = times.has(key) ? "a time" : (value as JsonValue);
  }
  if (stored.inputs !== undefined) compared.inputs = openProperties(decoded.inputs);
  if (stored.outputs !== undefined) compared.outputs = openProperties(decoded.outputs);
  if (stored.dependencies !== undefined) compared.dependencies = [...stored.dependencies].sort();
  if (stored.propertyDependencies !== undefined) compared.propertyDependencies = sorted(stored.propertyDependencies);
  const normal = normalise(compared);
  return isJsonObject(normal) ? normal : {};
}

/** In which order the SDK finds what a property needs is chance. */
function sorted(dependencies: NonNullable<StoredResource["propertyDependencies"]>): JsonObject {
  const lists = Object.entries(dependencies).map(([key, urns]) => [key, urns === null ? null : [...urns].sort()]);
  return Object.fromEntries(lists);
}

/** Secrets in the clear, still marked as such: two encryptions of one value differ. */
function openProperties(properties: ResourceState["inputs"]): JsonObject {
  return encodeProperties(properties, (_secret, plaintext) => `secret ${plaintext()}`);
}

function restOf({ document }: OpenedState): JsonObject {
  const { manifest, secrets_providers: secrets, pending_operations: pending, metadata } = document.deployment;
  const normal = normalise({
    version: document.version,
    manifest: { magic: manifest.magic, version: manifest.version },
    secretsProvider: secrets?.type ?? "",
    metadata: JSON.parse(JSON.stringify(metadata ?? null)),
    pending: (pending ?? []).map(({ resource, type }) => ({ type, resource: withoutPlaces(resource) })),
  });
  return isJsonObject(normal) ? normal : {};
}

function withoutPlaces(resource: StoredResource): JsonObject {
  const kept = Object.entries(resource).filter(([key]) => !places.has(key));
  return JSON.parse(JSON.stringify(Object.fromEntries(kept)));
}

/** A state file is only valid when everything comes after what it refers to. */

/** Who needs whom, over several states. */
export function needsIn(...states: readonly OpenedState[]): Needs {
  const needs = new Map<string, Set<string>>();
  for (const state of states.flatMap(({ resources }) => resources)) {
    const known = needs.get(state.urn) ?? new Set<string>();
    for (const urn of neededBy(state)) known.add(urn);
    needs.set(state.urn, known);
  }
  return needs;
}

function neededBy(state: ResourceState): Set<string> {
  const urns = referencedUrns(state);
  if (state.provider !== "") urns.add(parseProviderReference(state.provider).urn);
  return urns;
}

/** Keys whose values differ from run to run: times and counters. */
const changing = new Set(["sequence", "timestamp", "durationSeconds"]);
const madeId = /\bid-[0-9a-f]{8}\b/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** A value with made-up ids, times and places replaced; everything else is compared as it is. */
function normalise(value: JsonValue): JsonValue {
  if (typeof value === "string") return normaliseText(value);
  if (value === null || typeof value !== "object") return value;
  if (!isJsonObject(value)) return value.map(normalise);
  const normal: Record<string, JsonValue> = {};
  for (const key of Object.keys(value).sort()) {
    const part = value[key];
    if (part !== undefined && !changing.has(key)) normal[key] = normalise(part);
  }
  return normal;
}

export function normaliseObject(value: JsonObject): JsonObject {
  const normal = normalise(value);
  return isJsonObject(normal) ? normal : {};
}

function normaliseText(text: string): string {
  return withoutStack(text.replaceAll(fixtures, "<fixtures>"))
    .replaceAll(/<fixtures>\/[a-z0-9-]+/g, "<project>")
    .replaceAll(madeId, "<id>")
    .replaceAll(uuid, (id) => (id === unknownMarker ? id : "<id>"));
}

/** Stack frames name places in files, which are not compared. */
function withoutStack(text: string): string {
  return text.replaceAll(/\n {4}at [^\n]*/g, "");
}

/** The first place at which two values differ, for messages; undefined when they are equal. */
export function firstDifference(
  expected: JsonValue | undefined,
  actual: JsonValue | undefined,
  path = "",
): string | undefined {
  if (isJsonObject(expected) && isJsonObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const found = firstDifference(expected[key], actual[key], path === "" ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    for (const [index, item] of expected.entries()) {
      const found = firstDifference(item, actual[index], `${path}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (JSON.stringify(expected) === JSON.stringify(actual)) return undefined;
  return `${path}: recorded ${shown(expected)}, got ${shown(actual)}`;
}

function shown(value: JsonValue | undefined): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

function findMisplaced({ resources }: OpenedState): string[] {
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const state of resources) {
    for (const urn of neededBy(state))
      if (!seen.has(urn)) problems.push(`${state.urn} comes before ${urn} in the state`);
    seen.add(state.urn);
  }
  return problems;
}
