import { z } from "zod";

// The SDK's `EngineEvent` type with the policy events it does not list, as strict as the recordings of the real engine allow. Where
// the two differ (`old` is null there, `PolicyPacks` is capitalised, the summary has a result), the recordings decide.

const urn = z.string().startsWith("urn:pulumi:");
const properties = z.record(z.string(), z.unknown());
const color = z.literal("never");

const operation = z.enum([
  "same",
  "create",
  "update",
  "delete",
  "replace",
  "create-replacement",
  "delete-replaced",
  "read",
  "read-replacement",
  "refresh",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
  "import",
  "import-replacement",
]);

const state = z.strictObject({
  type: z.string().min(1),
  urn,
  custom: z.literal(true).optional(),
  delete: z.literal(true).optional(),
  id: z.string(),
  parent: z.union([urn, z.literal("")]),
  protect: z.literal(true).optional(),
  external: z.literal(true).optional(),
  retainOnDelete: z.literal(true).optional(),
  inputs: properties,
  outputs: properties,
  provider: z.union([urn, z.literal("")]),
  initErrors: z.array(z.string()).optional(),
});

const propertyDiff = z.strictObject({
  diffKind: z.enum(["add", "add-replace", "delete", "delete-replace", "update", "update-replace"]),
  inputDiff: z.boolean(),
});

const metadata = z.strictObject({
  op: operation,
  urn,
  type: z.string().min(1),
  old: state.nullable(),
  new: state.nullable(),
  keys: z.array(z.string()).optional(),
  diffs: z.array(z.string()).optional(),
  detailedDiff: z.record(z.string(), propertyDiff).nullable(),
  logical: z.literal(true).optional(),
  provider: z.union([urn, z.literal("")]),
});

const pack = { policyPackName: z.string().min(1), policyPackVersion: z.string(), policyPackVersionTag: z.string() };
const passed = z.array(z.string().min(1)).optional();
const step = z.strictObject({ metadata, planning: z.literal(true).optional() });
const resourceSummary = z.strictObject({ resourceUrn: urn, ...pack, passed, failed: passed });

const kinds = {
  cancelEvent: z.strictObject({}),
  diagnosticEvent: z.strictObject({
    urn: urn.optional(),
    prefix: z.string().min(1).optional(),
    message: z.string().min(1),
    color,
    severity: z.enum(["info", "info#err", "warning", "error"]),
  }),
  policyAnalyzeStackSummaryEvent: z.strictObject({ ...pack, passed, failed: passed }),
  policyAnalyzeSummaryEvent: resourceSummary,
  policyEvent: z.strictObject({
    resourceUrn: urn.optional(),
    message: z.string().min(1),
    color,
    policyName: z.string().min(1),
    ...pack,
    enforcementLevel: z.enum(["advisory", "mandatory"]),
  }),
  policyLoadEvent: z.strictObject({}),
  policyRemediateSummaryEvent: resourceSummary,
  preludeEvent: z.strictObject({ config: z.record(z.string(), z.string()) }),
  resOpFailedEvent: z.strictObject({ metadata, status: z.union([z.literal(0), z.literal(2)]), steps: z.int().min(0) }),
  resOutputsEvent: step,
  resourcePreEvent: step,
  summaryEvent: z.strictObject({
    maybeCorrupt: z.boolean(),
    durationSeconds: z.int().min(0),
    resourceChanges: z.partialRecord(operation, z.int().min(1)),
    PolicyPacks: z.record(z.string(), z.string()),
    isPreview: z.boolean(),
    result: z.enum(["succeeded", "failed"]),
  }),
} as const;

const names = Object.keys(kinds);

/** One line of `--json`: when it was, and exactly one kind of event. */
export const engineEventSchema = z
  .strictObject({
    sequence: z.int().min(0),
    timestamp: z.int().min(1),
    ...z.strictObject(kinds).partial().shape,
  })
  .refine((event) => Object.keys(event).filter((key) => names.includes(key)).length === 1, {
    message: "expected exactly one kind of event",
  });

export type CheckedEvent = z.infer<typeof engineEventSchema>;

/** Every line of `--json` output as an event. Throws when one is none. */
export function checkedEvents(output: string): CheckedEvent[] {
  const lines = output.split("\n");
  if (lines.pop() !== "") throw new Error("the last line has no end");
  return lines.map((line) => engineEventSchema.parse(JSON.parse(line)));
}
