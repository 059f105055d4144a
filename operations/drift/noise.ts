import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { InventoryDocument } from "../../lib/located-yaml/inventory-document";
import type { DriftDifference, PropertyChange } from "./drift-finding";

/** What says why something is no drift. A reason is a sentence: one word convinces no reviewer. */
const reason = z.string().min(15, "expected a sentence that says why this is no drift");
const pattern = z
  .string()
  .min(1)
  .refine((text) => /[^*.]/.test(text), "expected more than `*`: that would hide everything");

const noiseSchema = z.strictObject({
  properties: z.array(z.strictObject({ type: pattern, path: pattern, reason })),
  unmanaged: z.array(z.strictObject({ type: pattern, id: pattern, reason })),
});

/** The list of what is no drift. */
export type NoiseList = z.infer<typeof noiseSchema>;

const noiseFile = join(__dirname, "noise.yaml");

/**
 * Reads the reviewed list.
 *
 * @throws NoiseListError when it has an unknown key, lacks a reason, says the same twice or would hide everything
 */
export function readNoise(file: string = noiseFile): NoiseList {
  const document = new InventoryDocument(readFileSync(file, "utf8"));
  const syntax = document.syntaxProblems();
  if (syntax.length > 0)
    throw noiseError(
      file,
      syntax.map(({ position, problem }) => ({ ...position, ...problem })),
    );
  const parsed = noiseSchema.safeParse(document.value());
  const at = (path: readonly (string | number)[]) => document.positionOf(path, "value");
  if (!parsed.success) {
    const keys = (path: readonly PropertyKey[]) => path.filter((key) => typeof key !== "symbol");
    throw noiseError(
      file,
      parsed.error.issues.map(({ path, message }) => ({ ...at(keys(path)), message: `${path.join(".")}: ${message}` })),
    );
  }
  const repeated = findRepeatedEntries(parsed.data).map((path) => ({
    ...at(path),
    message: "this entry is there twice",
  }));
  if (repeated.length > 0) throw noiseError(file, repeated);
  return parsed.data;
}

/** A difference without what is noise in it; undefined when nothing else is. */
export function removeNoise(difference: DriftDifference, noise: NoiseList): DriftDifference | undefined {
  if (difference.kind === "unmanaged") {
    const known = noise.unmanaged.some(({ type, id }) => matches(type, difference.type) && matches(id, difference.id));
    return known ? undefined : difference;
  }
  if (difference.properties.length === 0) return difference;
  const entries = noise.properties.filter(({ type }) => matches(type, difference.type));
  const properties = difference.properties.filter((property) => !entries.some(({ path }) => covers(path, property)));
  return properties.length === 0 ? undefined : { ...difference, properties };
}

/** Whether the pattern matches the path, or a part of its beginning that ends where a key ends. */
function covers(wanted: string, { path }: PropertyChange): boolean {
  return new RegExp(`^${expression(wanted)}(?=$|[.[])`).test(path);
}

function matches(wanted: string, text: string): boolean {
  return new RegExp(`^${expression(wanted)}$`, "i").test(text);
}

function expression(wanted: string): string {
  return wanted
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
}

function findRepeatedEntries({ properties, unmanaged }: NoiseList): (readonly [string, number])[] {
  const seen = new Set<string>();
  const isRepeated = (key: string): boolean => seen.size === seen.add(key).size;
  return [
    ...properties.flatMap(({ type, path }, index) =>
      isRepeated(`property ${type} ${path}`) ? [["properties", index] as const] : [],
    ),
    ...unmanaged.flatMap(({ type, id }, index) =>
      isRepeated(`unmanaged ${type} ${id}`) ? [["unmanaged", index] as const] : [],
    ),
  ];
}

function noiseError(
  file: string,
  problems: readonly { readonly line: number; readonly column: number; readonly message: string }[],
): NoiseListError {
  const lines = problems.map(({ line, column, message }) => `  ${file}:${line}:${column}: ${message}`);
  return new NoiseListError(`the list of what is no drift cannot be used:\n${lines.join("\n")}`);
}

/** The list cannot be used; the message says all that is wrong with it, with line and column. */
export class NoiseListError extends Error {
  override name = "NoiseListError";
}
