import { type AzureAccess, azureResourceClient } from "../../lib/azure/resource-client";
import { isSignInError } from "../../lib/azure/sign-in";
import { TailscaleInventory } from "./tailscale-inventory";
import { type InventoryLister, type InventoryScope, type ListedObject, NotSignedIn } from "./unmanaged";

/** Lists what exists in the real clouds, each through its own API, with the credentials that the providers use too. */
export class CloudInventory implements InventoryLister {
  private readonly listers: Readonly<Record<InventoryScope["cloud"], InventoryLister>> = {
    azure: new AzureInventory(),
    cloudflare: new CloudflareInventory(),
    tailscale: new TailscaleInventory(),
  };

  list(scope: InventoryScope): Promise<readonly ListedObject[]> {
    return this.listers[scope.cloud].list(scope);
  }
}

/**
 * Lists a resource group through Azure Resource Manager. It knows the resources themselves; what is inside of one (a firewall rule, a
 * container, a role assignment) is not in its list.
 */
export class AzureInventory implements InventoryLister {
  constructor(private readonly access: AzureAccess = {}) {}

  async list(scope: InventoryScope): Promise<readonly ListedObject[]> {
    if (scope.cloud !== "azure") return [];
    const [subscription, group] = groupOf(scope.resourceGroup);
    const client = await azureResourceClient(subscription, this.access);
    const objects: ListedObject[] = [];
    try {
      for await (const { id, name, type } of client.resources.listByResourceGroup(group)) {
        if (id !== undefined) objects.push({ id, name: name ?? id, type: type ?? "unknown" });
      }
    } catch (error) {
      if (!isSignInError(error)) throw error;
      throw new NotSignedIn(
        `the resource group ${group} cannot be listed: nobody is signed in to Azure, or it does not take who is. ` +
          "Sign in with az login, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET",
        { cause: error },
      );
    }
    return objects;
  }
}

/** @throws when the id is not that of a resource group */
function groupOf(id: string): readonly [subscription: string, group: string] {
  const match = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)$/i.exec(id);
  if (match?.[1] === undefined || match[2] === undefined) throw new Error(`"${id}" is not the id of a resource group`);
  return [match[1], match[2]];
}

export interface CloudflareAccess {
  /** Default: Cloudflare's public API. */
  readonly endpoint?: string;
  /** An API token that may read zones. Default: `CLOUDFLARE_API_TOKEN`. */
  readonly token?: string;
}

/** Lists what others can add to a zone: records, routes of Workers, rulesets. Cloudflare's own rulesets are in every zone and left out. */
export class CloudflareInventory implements InventoryLister {
  constructor(private readonly options: CloudflareAccess = {}) {}

  async list(scope: InventoryScope): Promise<readonly ListedObject[]> {
    if (scope.cloud !== "cloudflare") return [];
    const zone_id = scope.zone;
    const client = await cloudflareClient(this.options, "zones cannot be listed");
    const objects: ListedObject[] = [];
    for await (const record of client.dns.records.list({ zone_id, per_page: 1000 })) {
      const { id, name, type, ttl, proxied } = record;
      const content = "content" in record && typeof record.content === "string" ? record.content : "";
      objects.push({
        type: "cloudflare:index/dnsRecord:DnsRecord",
        id,
        name: `${type} ${name}`,
        properties: { zoneId: zone_id, name, type, content, ttl, proxied: proxied ?? false },
      });
    }
    for await (const { id, pattern } of client.workers.routes.list({ zone_id })) {
      objects.push({ type: "cloudflare:index/workersRoute:WorkersRoute", id, name: pattern });
    }
    for await (const { id, name, kind } of client.rulesets.list({ zone_id })) {
      if (kind === "zone") objects.push({ type: "cloudflare:index/ruleset:Ruleset", id, name });
    }
    return objects;
  }
}

/**
 * A client of Cloudflare's API. Loaded when needed: the package is large.
 *
 * @param problem what cannot be done without a token
 */
export async function cloudflareClient(
  { endpoint, token = process.env.CLOUDFLARE_API_TOKEN }: CloudflareAccess,
  problem: string,
) {
  if (token === undefined || token === "") {
    throw new NotSignedIn(`Cloudflare's ${problem}: set CLOUDFLARE_API_TOKEN to a token that may read them`);
  }
  const { Cloudflare } = await import("cloudflare");
  return new Cloudflare({ apiToken: token, ...(endpoint === undefined ? {} : { baseURL: endpoint }) });
}
