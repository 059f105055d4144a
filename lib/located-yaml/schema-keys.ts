import { z } from "zod";
import type { Path } from "./problem";

/** The keys that a schema knows at a path of a value, of every alternative that may apply there. */
export function keysAt(schema: z.core.$ZodType, value: unknown, path: Path): readonly string[] {
  let schemas = alternativesOf(schema, value);
  let inner = value;
  for (const part of path) {
    inner = typeof inner === "object" && inner !== null ? Reflect.get(inner, part) : undefined;
    const at = inner;
    schemas = schemas.flatMap((outer) => childrenOf(outer, part)).flatMap((child) => alternativesOf(child, at));
  }
  return [...new Set(schemas.flatMap((found) => (found instanceof z.ZodObject ? Object.keys(found.shape) : [])))];
}

function childrenOf(schema: z.core.$ZodType, part: string | number): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const child: unknown = schema.shape[part];
    return child instanceof z.core.$ZodType ? [child] : [];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return [];
}

/** A schema without its wrappers; of a union, the options that the value's discriminator does not rule out. */
function alternativesOf(schema: z.core.$ZodType, value: unknown): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return alternativesOf(schema.def.innerType, value);
  }
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodReadonly)
    return alternativesOf(schema.def.innerType, value);
  if (schema instanceof z.ZodPipe) return alternativesOf(schema.def.in, value);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    return schema.options
      .filter((option) => agrees(option, discriminator, value))
      .flatMap((o) => alternativesOf(o, value));
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => alternativesOf(option, value));
  return [schema];
}

function agrees(option: z.core.$ZodType, discriminator: string, value: unknown): boolean {
  if (!(option instanceof z.ZodObject) || typeof value !== "object" || value === null) return true;
  const expected: unknown = option.shape[discriminator];
  return expected instanceof z.core.$ZodType && z.core.safeParse(expected, Reflect.get(value, discriminator)).success;
}
