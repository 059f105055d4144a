import type { CustomResource, CustomResourceOptions } from "@pulumi/pulumi";

/** A provider's class for one type of resource. */
export type ResourceClass = new (name: string, args: object, options: CustomResourceOptions) => CustomResource;

/**
 * The class of a type token, from its provider's package.
 *
 * @param type for example `azure-native:storage:StorageAccount` or `cloudflare:index/dnsRecord:DnsRecord`
 * @throws when the package has no such class
 */
export function resourceClass(type: string): ResourceClass {
  const [packageName = "", module = "", name = ""] = type.split(":");
  const path = `@pulumi/${packageName}/${module.replace(/^index\//, "")}`;
  const loaded: unknown = require(path);
  const found = typeof loaded === "object" && loaded !== null && name in loaded ? Reflect.get(loaded, name) : undefined;
  if (!isResourceClass(found)) throw new Error(`${path} has no resource ${name}`);
  return found;
}

function isResourceClass(value: unknown): value is ResourceClass {
  return typeof value === "function" && "__pulumiType" in value;
}
