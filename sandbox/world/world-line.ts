import { z } from "zod";
import type { PropertyMap } from "../../deployment/values/property-value";
import type { ProcessIdentity } from "../../lib/lock/process-identity";
import type { WorldChange } from "./object-index";
import type { CloudName } from "./world";

/** Properties to JSON and back. The encoding of secrets is the state's: encrypted, never in the clear. */
export interface PropertyCodec {
  encode(properties: PropertyMap): unknown;
  decode(json: unknown): PropertyMap;
}

/** One line of the world's file: a transaction, or the taking or giving back of what only one may use. */
export type WorldLine =
  | { readonly changes: readonly WorldChange[] }
  | { readonly occupy: { readonly key: string; readonly by: ProcessIdentity } }
  | { readonly vacate: string };

const clouds = [
  "azure",
  "cloudflare",
  "github",
  "tailscale",
  "command",
  "random",
] as const satisfies readonly CloudName[];

const lineSchema = z.union([
  z.strictObject({
    changes: z.array(
      z.union([
        z.strictObject({
          put: z.strictObject({
            cloud: z.enum(clouds),
            kind: z.string(),
            id: z.string(),
            properties: z.unknown(),
            madeFor: z.string().optional(),
          }),
        }),
        z.strictObject({ delete: z.strictObject({ kind: z.string(), id: z.string() }) }),
      ]),
    ),
  }),
  z.strictObject({
    occupy: z.strictObject({
      key: z.string(),
      by: z.strictObject({ pid: z.number(), host: z.string(), started: z.string() }),
    }),
  }),
  z.strictObject({ vacate: z.string() }),
]);

export function encodeLine(line: WorldLine, codec: PropertyCodec): unknown {
  if (!("changes" in line)) return line;
  return {
    changes: line.changes.map((change) =>
      "put" in change ? { put: { ...change.put, properties: codec.encode(change.put.properties) } } : change,
    ),
  };
}

/** @throws when the line is none of the known forms */
export function decodeLine(json: unknown, codec: PropertyCodec): WorldLine {
  const line = lineSchema.parse(json);
  if (!("changes" in line)) return line;
  return {
    changes: line.changes.map((change): WorldChange => {
      if (!("put" in change)) return change;
      const { madeFor, properties, ...rest } = change.put;
      const decoded = { ...rest, properties: codec.decode(properties) };
      return { put: madeFor === undefined ? decoded : { ...decoded, madeFor } };
    }),
  };
}
