import { z } from "zod";
import type { Lease } from "./lease";

/** The stored lease is not one that this program wrote. No host may act on it; the message names every field that is wrong. */
export class LeaseDocumentError extends Error {
  override name = "LeaseDocumentError";
}

/** The lease as it is stored: JSON, one field a line, for whoever has to read it in an emergency. */
export function printLease(lease: Lease): string {
  return `${JSON.stringify(lease, undefined, 2)}\n`;
}

function expected(what: string) {
  return { error: ({ input }: { readonly input?: unknown }) => `expected ${what}, got ${JSON.stringify(input)}` };
}

const text = z.string(expected("a text")).min(1, expected("a text"));
const term = z.int(expected("a whole number from 1")).min(1, expected("a whole number from 1"));
const time = z.iso.datetime(expected("a time in UTC such as 2026-11-21T11:04:05.000Z"));
/** Relative and without `..`: it is put between a container and a database's name. */
const path = z
  .string(expected("a path such as a/b"))
  .regex(/^(?!.*\.\.)[\w.-]+(\/[\w.-]+)*$/, expected("a path such as a/b"));
const position = z.string(expected("16 hexadecimal digits")).regex(/^[0-9a-f]{16}$/, expected("16 hexadecimal digits"));

/** Strict, because a misread lease makes two primaries: unknown fields and versions are errors too. */
const leaseSchema: z.ZodType<Lease> = z
  .strictObject({
    version: z.literal(1, expected("1")),
    term,
    primary: text,
    path,
    takenAt: time,
    reason: text,
    phase: z.discriminatedUnion(
      "kind",
      [
        z.strictObject({ kind: z.literal("serving") }),
        z.strictObject({ kind: z.literal("handover"), to: text, askedAt: time }),
        z.strictObject({ kind: z.literal("fenced"), to: text, at: time, positions: z.record(z.string(), position) }),
      ],
      { error: "expected serving, handover or fenced" },
    ),
    previous: z.strictObject({ term, primary: text, path }).optional(),
  })
  .refine((lease) => (lease.previous?.term ?? 0) < lease.term, {
    path: ["previous", "term"],
    error: "expected less than the lease's own term",
    // Also when something else is wrong: all problems are said at once.
    when: ({ value }) => typeof value === "object" && value !== null,
  });

/**
 * Reads a stored lease.
 *
 * @throws LeaseDocumentError
 */
export function parseLease(document: string): Lease {
  const result = leaseSchema.safeParse(jsonOf(document));
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `  ${[...issue.path, key].join(".")}: unknown field`)
      : [`  ${issue.path.join(".") || "the document"}: ${issue.message}`],
  );
  throw new LeaseDocumentError(`the lease is corrupt:\n${problems.join("\n")}`);
}

function jsonOf(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch (error) {
    throw new LeaseDocumentError(`the lease is corrupt: no JSON (${error instanceof Error ? error.message : error})`);
  }
}
