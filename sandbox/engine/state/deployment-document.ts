import { z } from "zod";
import { UnreadableState } from "../../../deployment/state-errors";
import type { JsonObject } from "../../../lib/json-value";

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
  created: z.string().optional(),
  modified: z.string().optional(),
  ignoreChanges: z.array(z.string()).optional(),
  replaceOnChanges: z.array(z.string()).optional(),
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
export type StoredOperation = z.infer<typeof operationSchema>;
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
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new UnreadableState(
    `${where}: not a deployment document of version ${documentVersion}: ${problems.join("; ")}`,
  );
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
