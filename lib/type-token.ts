import table from "./moved-types.generated.json";

/** Tokens of types that moved or were renamed: the old one, without a version, to the one that the installed package uses. */
const moved: ReadonlyMap<string, string> = new Map(Object.entries(table.moved));

/**
 * The package, the module with an API version (`storage/v20230101`), and the type. Packages generated for one version are named
 * `azure-native_storage_v20230101`.
 */
const versioned =
  /^(?:azure-native|azure-nextgen)(?:_[a-z0-9]+_v\d+\w*)?:(?<module>[a-zA-Z0-9]+)(?:\/(?:v\d+\w*|latest))?:(?<type>\w+)$/;

const seen = new Map<string, string>();

/**
 * The token that the installed packages use for a type, without an API version: what rules, tables and the emulated clouds are written
 * for. A token that nobody moved stays as it is.
 *
 * @example currentType("azure-native:storage/v20230101:StorageAccount") // "azure-native:storage:StorageAccount"
 * @example currentType("azure-native:cache:Redis")                      // "azure-native:redis:Redis"
 * @example currentType("cloudflare:index/record:Record")                // "cloudflare:index/dnsRecord:DnsRecord"
 */
export function currentType(token: string): string {
  const known = seen.get(token);
  if (known !== undefined) return known;
  const current = movedType(withoutVersion(token));
  seen.set(token, current);
  return current;
}

function withoutVersion(token: string): string {
  const parts = versioned.exec(token)?.groups;
  return parts === undefined ? token : `azure-native:${parts.module}:${parts.type}`;
}

function movedType(token: string): string {
  return moved.get(token) ?? token;
}
