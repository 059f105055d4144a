import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "./policy-file";

/** The table that the program's tagging reads, too; `npm run generate` makes it from the declarations of the installed providers. */
const taggableFile = join(__dirname, "..", "lib", "taggable-types.generated.json");

let taggableTypes: ReadonlySet<string> | undefined;

/** Whether resources of a type (current token) take tags as a map of texts. The table is read at the first question. */
export function takesTags(type: string): boolean {
  taggableTypes ??= readTaggableTypes();
  return taggableTypes.has(type);
}

/** The table lists types by module: `{ "version": …, "types": { "app": ["ContainerApp", …] } }`. */
function readTaggableTypes(): ReadonlySet<string> {
  const table: unknown = JSON.parse(readFileSync(taggableFile, "utf8"));
  const modules = isRecord(table) && isRecord(table.types) ? Object.entries(table.types) : [];
  const tokens = modules.flatMap(([module, listed]) =>
    Array.isArray(listed) ? listed.map((type) => `azure-native:${module}:${type}`) : [],
  );
  if (tokens.length === 0) throw new Error("lib/taggable-types.generated.json lists no types");
  return new Set(tokens);
}
