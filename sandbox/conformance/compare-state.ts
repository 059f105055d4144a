import { encodeProperties } from "../../deployment/values/state-value";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-value";
import type { ResourceState } from "../engine/plan/resource-state";
import { referencedUrns } from "../engine/plan/resource-state";
import { parseProviderReference } from "../engine/plan/urn";
import {
  type DeploymentDocument,
  parseDeploymentDocument,
  type StoredResource,
} from "../engine/state/deployment-document";
import { PassphraseCipher } from "../engine/state/passphrase-cipher";
import { decodeState } from "../engine/state/stored-state";
import type { Needs } from "./compare-events";
import { firstDifference, normalise } from "./normalise";
import { recordedPassphrase } from "./replay";

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
  return { document, resources: decodeState(document, cipher).resources };
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
  const normal = normalise(compared);
  return isJsonObject(normal) ? normal : {};
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
