/** `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>` */
export type Urn = string;

export const rootStackType = "pulumi:pulumi:Stack";
const providerTypePrefix = "pulumi:providers:";

export interface UrnScope {
  readonly stack: string;
  readonly project: string;
}

export interface UrnParts {
  readonly stack: string;
  readonly project: string;
  /** With the types of its parents: `demo:web:Site$cloudflare:index/dnsRecord:DnsRecord`. */
  readonly qualifiedType: string;
  readonly type: string;
  readonly name: string;
}

/** The URN of a resource; children of the stack itself do not carry its type. */
export function makeUrn(scope: UrnScope, parent: Urn, type: string, name: string): Urn {
  const parentType = parent === "" ? "" : parseUrn(parent).qualifiedType;
  const qualified = parentType === "" || parentType === rootStackType ? type : `${parentType}$${type}`;
  return `urn:pulumi:${scope.stack}::${scope.project}::${qualified}::${name}`;
}

export function parseUrn(urn: Urn): UrnParts {
  const [head = "", project = "", qualifiedType = "", ...name] = urn.split("::");
  const type = qualifiedType.slice(qualifiedType.lastIndexOf("$") + 1);
  return { stack: head.slice("urn:pulumi:".length), project, qualifiedType, type, name: name.join("::") };
}

export function urnName(urn: Urn): string {
  return parseUrn(urn).name;
}

export function isRootStack(urn: Urn): boolean {
  return parseUrn(urn).qualifiedType === rootStackType;
}

export function isProviderType(type: string): boolean {
  return type.startsWith(providerTypePrefix);
}

export function providerTypeOf(packageName: string): string {
  return `${providerTypePrefix}${packageName}`;
}

/** The package of a provider's type (`pulumi:providers:azure-native`) or of a resource's token. */
export function packageOf(type: string): string {
  if (isProviderType(type)) return type.slice(providerTypePrefix.length);
  return type.split(":")[0] ?? type;
}

/** Default providers are the engine's own; they are left out of the counts. */
export function isDefaultProvider(urn: Urn): boolean {
  const { type, name } = parseUrn(urn);
  return isProviderType(type) && (name === "default" || name.startsWith("default_"));
}

/** A reference to a provider resource as resources hold it: its URN, two colons, its id. */
export interface ProviderReference {
  readonly urn: Urn;
  readonly id: string;
}

export function parseProviderReference(reference: string): ProviderReference {
  const split = reference.lastIndexOf("::");
  return { urn: reference.slice(0, split), id: reference.slice(split + 2) };
}

export function providerReference(urn: Urn, id: string): string {
  return `${urn}::${id}`;
}
