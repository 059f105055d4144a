import { printable } from "./terminal";

/** The logical name: what follows the third of the URN's separators. */
export function urnName(urn: string): string {
  return printable(urn.split("::").slice(3).join("::"));
}

/** The resource's own type, without those of the components it is in. */
export function urnType(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
}

/** `cloudflare:index/dnsRecord:DnsRecord` as programs name it: `cloudflare:index:DnsRecord`. */
export function shortType(type: string): string {
  return printable(type.replace(/\/[^:]*/, ""));
}

/**
 * A type as a tree has room for it: `keyvault:Vault` of Azure, whose modules are services, `cloudflare:DnsRecord` of others, and
 * `KeyVault` of a component.
 */
export function treeType(type: string, isComponent: boolean): string {
  const [packageName = "", module = "", ...name] = shortType(type).split(":");
  if (name.length === 0) return shortType(type);
  if (isComponent) return name.join(":");
  return [["azure-native", "pulumi"].includes(packageName) ? module : packageName, ...name].join(":");
}
