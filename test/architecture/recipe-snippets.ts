import { parse } from "yaml";

/** What a recipe of docs/extending.md adds to a file. */
export interface Snippet {
  /** @example "stacks/alai/inventory/services.yaml" */
  readonly file: string;
  readonly content: unknown;
}

/** The blocks of a recipe whose first line names a file. */
export function snippetsOf(recipe: string): readonly Snippet[] {
  const fences = [...recipe.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)];
  return fences.map(([, file = "", text = ""]) => ({ file, content: parse(text) }));
}

/** What is there, with more: lists are appended to, mappings are merged. */
export function added(there: unknown, more: unknown): unknown {
  if (Array.isArray(there) && Array.isArray(more)) return [...there, ...more];
  if (!isMapping(there) || !isMapping(more)) return more;
  const merged = Object.entries(more).map(([key, value]) => [key, key in there ? added(there[key], value) : value]);
  return { ...there, ...Object.fromEntries(merged) };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
