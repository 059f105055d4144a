import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "./policy-file";

/** The same table that the program's tagging reads; made from the declarations of the installed providers. */
const file = join(__dirname, "..", "components", "tags", "taggable-types.generated.json");

let types: ReadonlySet<string> | undefined;

/** Whether resources of a type (current token) take tags as a map of texts. The table is read at the first question. */
export function takesTags(type: string): boolean {
  types ??= readTable();
  return types.has(type);
}

/** The table lists types by module: `{ "version": …, "types": { "app": ["ContainerApp", …] } }`. */
function readTable(): ReadonlySet<string> {
  const table: unknown = JSON.parse(readFileSync(file, "utf8"));
  const modules = isRecord(table) && isRecord(table.types) ? Object.entries(table.types) : [];
  const tokens = modules.flatMap(([module, listed]) =>
    Array.isArray(listed) ? listed.map((type) => `azure-native:${module}:${type}`) : [],
  );
  if (tokens.length === 0) throw new Error("components/tags/taggable-types.generated.json lists no types");
  return new Set(tokens);
}
