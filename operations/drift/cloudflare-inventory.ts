import type { InventoryLister, InventoryScope, ListedObject } from "./inventory-lister";

export interface CloudflareInventoryOptions {
  /** Default: Cloudflare's public API. */
  readonly endpoint?: string;
  /** An API token that may read zones. Default: `CLOUDFLARE_API_TOKEN`. */
  readonly token?: string;
}

/** Lists what others can add to a zone: records, routes of Workers, rulesets. Cloudflare's own rulesets are in every zone and left out. */
export class CloudflareInventory implements InventoryLister {
  constructor(private readonly options: CloudflareInventoryOptions = {}) {}

  async list(scope: InventoryScope): Promise<readonly ListedObject[]> {
    if (scope.cloud !== "cloudflare") return [];
    const zone_id = scope.zone;
    const client = await this.client();
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

  /** Loaded when needed: the package is large. */
  private async client() {
    const { endpoint, token = process.env.CLOUDFLARE_API_TOKEN } = this.options;
    if (token === undefined || token === "") {
      throw new Error("Cloudflare's zones cannot be listed: set CLOUDFLARE_API_TOKEN to a token that may read them");
    }
    const { Cloudflare } = await import("cloudflare");
    return new Cloudflare({ apiToken: token, ...(endpoint === undefined ? {} : { baseURL: endpoint }) });
  }
}
