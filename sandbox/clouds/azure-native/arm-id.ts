import type { PropertyMap } from "../../../deployment/values/property-value";
import { textAt } from "../read-property";

/** The subscription of the emulated world when a provider is configured with none; the same as in the world's seed. */
const sandboxSubscription = "00000000-0000-4000-8000-000000000001";
/** The tenant of the emulated world. */
export const sandboxTenant = "00000000-0000-4000-8000-000000000002";

export function subscriptionOf(config: PropertyMap): string {
  return textAt(config, "subscriptionId") ?? sandboxSubscription;
}

/**
 * The path of an Azure resource, with `{input}` where an input goes. A path that begins with a resource provider's name lies in a
 * resource group: `Microsoft.Storage/storageAccounts/{accountName}`.
 */
export class ArmPath {
  private readonly template: string;
  private readonly pattern: RegExp;
  /** The inputs in the path, in order, without the subscription. */
  readonly inputs: readonly string[];
  /** The input that is the resource's own name. */
  readonly nameInput: string;
  /** `Microsoft.Storage/storageAccounts/blobServices`. */
  readonly resourceType: string;

  constructor(path: string) {
    this.template = path.startsWith("Microsoft.")
      ? `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${path}`
      : path;
    const parameters = [...this.template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
    this.inputs = parameters.filter((name) => name !== "subscriptionId");
    this.nameInput = parameters.at(-1) ?? "";
    this.resourceType = typeOfId(this.template);
    // A scope or a resource's address spans several segments.
    const escaped = this.template.replace(/[.()]/g, "\\$&");
    this.pattern = new RegExp(
      `^${escaped.replace(/\{(\w+)\}/g, (_, name: string) => (/^(scope|resourceUri)$/.test(name) ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`))}$`,
      "i",
    );
  }

  id(inputs: PropertyMap, config: PropertyMap): string {
    const path = this.template.replace(/\{(\w+)\}/g, (_, name: string) =>
      name === "subscriptionId" ? subscriptionOf(config) : (textAt(inputs, name) ?? ""),
    );
    return `/${path.replace(/^\/+/, "")}`;
  }

  /** The inputs in an id, empty when the id is of another kind. */
  parse(id: string): PropertyMap {
    const groups = this.pattern.exec(id)?.groups ?? {};
    return Object.fromEntries(Object.entries(groups).filter(([name]) => name !== "subscriptionId"));
  }
}

export function sameId(left: string | undefined, right: string | undefined): boolean {
  return left !== undefined && right !== undefined && left.toLowerCase() === right.toLowerCase();
}

/** Whether an id is a scope or lies below it. */
export function isWithin(id: string, scope: string): boolean {
  return sameId(id, scope) || id.toLowerCase().startsWith(`${scope.toLowerCase().replace(/\/$/, "")}/`);
}

/** The type of a resource group, whose ids name no provider. */
export const resourceGroups = "Microsoft.Resources/resourceGroups";

/** `Microsoft.Storage/storageAccounts`. */
export function typeOfId(id: string): string {
  if (groupOfId(id) === id) return resourceGroups;
  const [provider = "", ...segments] = (id.split("/providers/").at(-1) ?? "").split("/");
  return [provider, ...segments.filter((_, index) => index % 2 === 0)].join("/");
}

/** The last segment. */
export function nameOfId(id: string): string {
  return id.split("/").at(-1) ?? "";
}

/** The id of the resource group that an id lies in. */
export function groupOfId(id: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+/i.exec(id)?.[0];
}

/** The id without its last type and name: a subnet's network. */
export function parentOfId(id: string): string {
  return id.split("/").slice(0, -2).join("/");
}
