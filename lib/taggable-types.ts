import table from "./taggable-types.generated.json";
import { currentType } from "./type-token";

/** The azure-native types that take tags, by module: `{ app: ["ContainerApp", …] }`. */
export interface TaggableTypes {
  /** The version of the provider's package that the table was made from. */
  readonly version: string;
  readonly types: Readonly<Record<string, readonly string[]>>;
}

const taggable = new Set(
  Object.entries(table.types).flatMap(([module, types]) => types.map((type) => `azure-native:${module}:${type}`)),
);

/**
 * Whether a type takes tags as a map of strings. Cloudflare's, GitHub's and Tailscale's `tags` are lists and mean something else,
 * so only azure-native types do.
 *
 * @param type a type token, also a versioned one or one that moved
 * @example takesTags("azure-native:app:ContainerApp")             // true
 * @example takesTags("azure-native:app/v20240301:ContainerApp")   // true
 * @example takesTags("cloudflare:index/dnsRecord:DnsRecord")      // false
 */
export function takesTags(type: string): boolean {
  return taggable.has(currentType(type));
}
