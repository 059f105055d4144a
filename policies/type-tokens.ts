import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "./policy-file";

/** Types that moved to another module: old token to current token. Source: the aliases in the azure-native SDK. */
const moved: ReadonlyMap<string, string> = new Map([
  ["azure-native:insights:DiagnosticSetting", "azure-native:monitor:DiagnosticSetting"],
  ["azure-native:cache:Redis", "azure-native:redis:Redis"],
  ["azure-native:network:PrivateZone", "azure-native:privatedns:PrivateZone"],
]);

/**
 * The package, the module with an API version (`storage/v20230101`), and the type. Packages generated for one version are named
 * `azure-native_storage_v20230101`.
 */
const versioned =
  /^(?:azure-native|azure-nextgen)(?:_[a-z0-9]+_v\d+\w*)?:(?<module>[a-zA-Z0-9]+)(?:\/(?:v\d+\w*|latest))?:(?<type>\w+)$/;

const seen = new Map<string, string>();

/**
 * The current, unversioned token of a type: what rules are written for.
 *
 * @example currentType("azure-native:storage/v20230101:StorageAccount") // "azure-native:storage:StorageAccount"
 * @example currentType("azure-native:cache:Redis")                      // "azure-native:redis:Redis"
 */
export function currentType(token: string): string {
  const known = seen.get(token);
  if (known !== undefined) return known;
  const parts = versioned.exec(token)?.groups;
  const unversioned = parts === undefined ? token : `azure-native:${parts.module}:${parts.type}`;
  const current = moved.get(unversioned) ?? unversioned;
  seen.set(token, current);
  return current;
}

/** The table that the program's tagging reads, too; `npm run generate` makes it from the declarations of the installed providers. */
const taggableFile = join(__dirname, "..", "components", "tags", "taggable-types.generated.json");

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
  if (tokens.length === 0) throw new Error("components/tags/taggable-types.generated.json lists no types");
  return new Set(tokens);
}
