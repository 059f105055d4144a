import { join } from "node:path";
import { z } from "zod";
import type { Path } from "../../lib/located-yaml/problem";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import type { DriftDifference, PropertyChange } from "./drift-finding";

/** What says why something is no drift. A reason is a sentence: one word convinces no reviewer. */
const reason = z.string().min(15, "expected a sentence that says why this is no drift");
const pattern = z
  .string()
  .min(1)
  .refine((text) => /[^*.]/.test(text), "expected more than `*`: that would hide everything");

const noiseSchema = z
  .strictObject({
    properties: z.array(z.strictObject({ type: pattern, path: pattern, reason })),
    unmanaged: z.array(z.strictObject({ type: pattern, id: pattern, reason })),
  })
  .superRefine((list, refinement) => {
    const repeated = findRepeatedEntries(list);
    addProblems(
      refinement,
      repeated.map((path) => ({ path, message: "this entry is there twice; remove one" })),
    );
  });

/** The list of what is no drift. */
export type NoiseList = z.infer<typeof noiseSchema>;

const noiseFile = join(__dirname, "noise.yaml");

/**
 * Reads the reviewed list.
 *
 * @throws {LocatedError} when it has an unknown key, lacks a reason, says the same twice or would hide everything
 */
export function readNoise(file: string = noiseFile): NoiseList {
  return readYaml({ file, schema: noiseSchema, of: "the list of what is no drift" });
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

function findRepeatedEntries({
  properties,
  unmanaged,
}: {
  readonly properties: readonly { readonly type: string; readonly path: string }[];
  readonly unmanaged: readonly { readonly type: string; readonly id: string }[];
}): readonly Path[] {
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
