import { z } from "zod";
import { UnreadableState } from "../../../deployment/state-errors";
import {
  decodeProperties,
  decodeProperty,
  encodeProperties,
  encodeProperty,
  type SecretDecoder,
  type SecretEncoder,
} from "../../../deployment/values/state-value";
import { isJsonValue, type JsonObject, type JsonValue } from "../../../lib/json-value";
import { formatProblems } from "../../../lib/located-yaml/problem";
import { newResourceState, noTimeouts, type ResourceState } from "../plan/resource-state";

/** The version of Pulumi's deployment format that is written and read. */
export const documentVersion = 3;

const properties = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);
const urns = z.array(z.string());

const resourceSchema = z.looseObject({
  urn: z.string().startsWith("urn:pulumi:"),
  custom: z.boolean(),
  delete: z.boolean().optional(),
  id: z.string().optional(),
  type: z.string(),
  inputs: properties.optional(),
  outputs: properties.optional(),
  parent: z.string().optional(),
  protect: z.boolean().optional(),
  external: z.boolean().optional(),
  dependencies: urns.optional(),
  initErrors: z.array(z.string()).optional(),
  provider: z.string().optional(),
  propertyDependencies: z.record(z.string(), urns.nullable()).optional(),
  pendingReplacement: z.boolean().optional(),
  additionalSecretOutputs: z.array(z.string()).optional(),
  customTimeouts: z
    .object({ create: z.number().optional(), update: z.number().optional(), delete: z.number().optional() })
    .optional(),
  importID: z.string().optional(),
  retainOnDelete: z.boolean().optional(),
  deletedWith: z.string().optional(),
  replaceWith: urns.optional(),
  replacementTrigger: z.custom<JsonValue>(isJsonValue).optional(),
  created: z.string().optional(),
  modified: z.string().optional(),
  ignoreChanges: z.array(z.string()).optional(),
  replaceOnChanges: z.array(z.string()).optional(),
  hideDiff: z.array(z.string()).optional(),
});

const operationSchema = z.object({
  resource: resourceSchema,
  type: z.enum(["creating", "updating", "deleting", "reading", "importing"]),
});

const documentSchema = z.looseObject({
  version: z.literal(documentVersion),
  deployment: z.looseObject({
    manifest: z.looseObject({ time: z.string(), magic: z.string(), version: z.string() }),
    secrets_providers: z
      .looseObject({ type: z.string(), state: z.looseObject({ salt: z.string().optional() }).optional() })
      .optional(),
    resources: z.array(resourceSchema).optional(),
    pending_operations: z.array(operationSchema).optional(),
    metadata: z.looseObject({}).optional(),
  }),
});

/** A resource as a state file holds it. */
export type StoredResource = z.infer<typeof resourceSchema>;
/** An operation that was begun and whose end nobody recorded. */
type StoredOperation = z.infer<typeof operationSchema>;
export type OperationType = StoredOperation["type"];
/** A state file: Pulumi's deployment document, version 3. */
export type DeploymentDocument = z.infer<typeof documentSchema>;

/** @param where the file, for messages */
export function parseDeploymentDocument(text: string, where: string): DeploymentDocument {
  const parsed = parseJson(text, where);
  const version = versionOf(parsed);
  if (version !== undefined && version > documentVersion) {
    throw new UnreadableState(
      `${where}: the state has version ${version}, written by a newer program; this one reads version ${documentVersion}`,
    );
  }
  const result = documentSchema.safeParse(parsed);
  const problems = result.success
    ? integrityProblems(result.data.deployment)
    : result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  if (result.success && problems.length === 0) return result.data;
  const lines = formatProblems(problems).map((line) => `\n  ${line}`);
  throw new UnreadableState(
    `${where}: not a deployment document of version ${documentVersion}; restore it from a backup:${lines.join("")}`,
  );
}

/**
 * What no run leaves, however it was interrupted: a URN twice, unless what it names is to be deleted; a parent that is not there; resources
 * that need each other in a circle. Pulumi's own check of a snapshot refuses them, too (pkg/resource/deploy/snapshot.go,
 * `VerifyIntegrity`). The order is not looked at: between two steps of a replacement it is another.
 */
function integrityProblems({ resources = [] }: DeploymentDocument["deployment"]): readonly string[] {
  const all = new Set(resources.map(({ urn }) => urn));
  const kept = new Map<string, StoredResource>();
  const problems = resources.flatMap((resource, index) => {
    const { urn, parent } = resource;
    const at = `deployment.resources.${index}`;
    const missing = parent && !all.has(parent) ? [`${at}.parent: ${parent} is not there`] : [];
    if (resource.delete === true) return missing;
    const twice = kept.has(urn) ? [`${at}.urn: ${urn} is there twice`] : [];
    kept.set(urn, resource);
    return [...missing, ...twice];
  });
  return [...problems, ...circles(kept)];
}

/** Takes away what needs nothing that is left, and what nothing left needs, until only circles are. States are in order, so one round does. */
function circles(resources: ReadonlyMap<string, StoredResource>): readonly string[] {
  const left = new Map(resources);
  for (let before = -1; left.size !== before; ) {
    before = left.size;
    for (const [urn, resource] of left) {
      if (!references(resource).some(([, target]) => left.has(target))) left.delete(urn);
    }
    const needed = new Set([...left.values()].flatMap((resource) => references(resource).map(([, target]) => target)));
    for (const urn of left.keys()) if (!needed.has(urn)) left.delete(urn);
  }
  return [...left].flatMap(([urn, resource]) =>
    references(resource)
      .filter(([, target]) => left.has(target))
      .map(([key, target]) => `${urn}: its ${key} ${target} needs it, too`),
  );
}

function references(resource: StoredResource): readonly (readonly [key: string, urn: string])[] {
  const { parent, provider, deletedWith, dependencies = [], propertyDependencies = {} } = resource;
  return [
    ...(provider ? [["provider", provider.slice(0, provider.lastIndexOf("::"))] as const] : []),
    ...(parent ? [["parent", parent] as const] : []),
    ...(deletedWith ? [["deletedWith", deletedWith] as const] : []),
    ...dependencies.map((urn) => ["dependencies", urn] as const),
    ...Object.entries(propertyDependencies).flatMap(([property, urns]) =>
      (urns ?? []).map((urn) => [`propertyDependencies.${property}`, urn] as const),
    ),
  ];
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnreadableState(`${where}: the state is not JSON (${reason}); restore it from a backup`, {
      cause: error,
    });
  }
}

function versionOf(parsed: unknown): number | undefined {
  if (typeof parsed !== "object" || parsed === null || !("version" in parsed)) return undefined;
  return typeof parsed.version === "number" ? parsed.version : undefined;
}

/** A resource as the state file holds it: what is empty is left out. */
export function encodeResource(state: ResourceState, encodeSecret: SecretEncoder): StoredResource {
  const stored: StoredResource = { urn: state.urn, custom: state.custom, type: state.type };
  if (state.delete) stored.delete = true;
  if (state.id !== "") stored.id = state.id;
  if (!isEmpty(state.inputs)) stored.inputs = encodeProperties(state.inputs, encodeSecret);
  if (!isEmpty(state.outputs)) stored.outputs = encodeProperties(state.outputs, encodeSecret);
  if (state.parent !== "") stored.parent = state.parent;
  if (state.protect) stored.protect = true;
  if (state.external) stored.external = true;
  if (state.dependencies.length > 0) stored.dependencies = [...state.dependencies];
  if (state.initErrors.length > 0) stored.initErrors = [...state.initErrors];
  if (state.provider !== "") stored.provider = state.provider;
  if (!isEmpty(state.propertyDependencies)) stored.propertyDependencies = copyLists(state.propertyDependencies);
  if (state.pendingReplacement) stored.pendingReplacement = true;
  if (state.additionalSecretOutputs.length > 0) stored.additionalSecretOutputs = [...state.additionalSecretOutputs];
  if (hasTimeouts(state)) stored.customTimeouts = nonZero(state.customTimeouts);
  if (state.importId !== "") stored.importID = state.importId;
  if (state.retainOnDelete) stored.retainOnDelete = true;
  if (state.deletedWith !== "") stored.deletedWith = state.deletedWith;
  if (state.replaceWith.length > 0) stored.replaceWith = [...state.replaceWith];
  if (state.replacementTrigger !== null)
    stored.replacementTrigger = encodeProperty(state.replacementTrigger, encodeSecret);
  if (state.created !== undefined) stored.created = state.created;
  if (state.modified !== undefined) stored.modified = state.modified;
  if (state.ignoreChanges.length > 0) stored.ignoreChanges = [...state.ignoreChanges];
  if (state.replaceOnChanges.length > 0) stored.replaceOnChanges = [...state.replaceOnChanges];
  if (state.hideDiffs.length > 0) stored.hideDiff = [...state.hideDiffs];
  return stored;
}

export function decodeResource(stored: StoredResource, decodeSecret: SecretDecoder): ResourceState {
  const { create = 0, update = 0, delete: remove = 0 } = stored.customTimeouts ?? {};
  return newResourceState({
    type: stored.type,
    urn: stored.urn,
    custom: stored.custom,
    delete: stored.delete ?? false,
    id: stored.id ?? "",
    inputs: decodeProperties(stored.inputs ?? {}, decodeSecret),
    outputs: decodeProperties(stored.outputs ?? {}, decodeSecret),
    parent: stored.parent ?? "",
    protect: stored.protect ?? false,
    external: stored.external ?? false,
    dependencies: stored.dependencies ?? [],
    initErrors: stored.initErrors ?? [],
    provider: stored.provider ?? "",
    propertyDependencies: presentLists(stored.propertyDependencies ?? {}),
    pendingReplacement: stored.pendingReplacement ?? false,
    additionalSecretOutputs: stored.additionalSecretOutputs ?? [],
    customTimeouts: stored.customTimeouts === undefined ? noTimeouts : { create, update, delete: remove },
    importId: stored.importID ?? "",
    retainOnDelete: stored.retainOnDelete ?? false,
    deletedWith: stored.deletedWith ?? "",
    replaceWith: stored.replaceWith ?? [],
    replacementTrigger: decodeProperty(stored.replacementTrigger ?? null, decodeSecret),
    created: stored.created,
    modified: stored.modified,
    ignoreChanges: stored.ignoreChanges ?? [],
    replaceOnChanges: stored.replaceOnChanges ?? [],
    hideDiffs: stored.hideDiff ?? [],
  });
}

function isEmpty(map: JsonObject | object): boolean {
  for (const _key in map) return false;
  return true;
}

function copyLists(lists: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  const copy: Record<string, string[]> = {};
  for (const [key, list] of Object.entries(lists)) copy[key] = [...list];
  return copy;
}

function presentLists(lists: Readonly<Record<string, string[] | null>>): Record<string, string[]> {
  const present: Record<string, string[]> = {};
  for (const [key, list] of Object.entries(lists)) present[key] = list ?? [];
  return present;
}

function hasTimeouts({ customTimeouts }: ResourceState): boolean {
  return customTimeouts.create > 0 || customTimeouts.update > 0 || customTimeouts.delete > 0;
}

function nonZero({
  create,
  update,
  delete: remove,
}: ResourceState["customTimeouts"]): StoredResource["customTimeouts"] {
  return {
    ...(create > 0 ? { create } : {}),
    ...(update > 0 ? { update } : {}),
    ...(remove > 0 ? { delete: remove } : {}),
  };
}
