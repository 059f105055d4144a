/** A permission of a token at Cloudflare, by the name that its API has for it; the dashboard says Edit for Write. */
export interface CloudflareRight {
  readonly name: string;
  readonly of: "account" | "zone";
}

const right = (of: CloudflareRight["of"], name: string): CloudflareRight => ({ name, of });

const zoneWaf = right("zone", "Zone WAF");
const storage = right("account", "Workers R2 Storage");

/**
 * What whoever makes a resource may do at Cloudflare, by type; of rulesets by phase. With `Write` behind it, it is what the token of a
 * stack's deployments needs for the types that the stack has, with `Read` what the token of its previews needs.
 * Sources: Cloudflare API reference, "Accepted Permissions" of each operation; cloudflare/cloudflare-docs, "API token permissions".
 */
export const cloudflareRights: Readonly<Record<string, CloudflareRight>> = {
  "cloudflare:index/accountToken:AccountToken": right("account", "Account API Tokens"),
  "cloudflare:index/botManagement:BotManagement": right("zone", "Bot Management"),
  "cloudflare:index/dnsRecord:DnsRecord": right("zone", "DNS"),
  "cloudflare:index/loadBalancer:LoadBalancer": right("zone", "Load Balancers"),
  "cloudflare:index/loadBalancerMonitor:LoadBalancerMonitor": right("account", "Load Balancing: Monitors and Pools"),
  "cloudflare:index/loadBalancerPool:LoadBalancerPool": right("account", "Load Balancing: Monitors and Pools"),
  "cloudflare:index/notificationPolicy:NotificationPolicy": right("account", "Notifications"),
  "cloudflare:index/pagesDomain:PagesDomain": right("account", "Pages"),
  "cloudflare:index/pagesProject:PagesProject": right("account", "Pages"),
  "cloudflare:index/r2Bucket:R2Bucket": storage,
  "cloudflare:index/r2BucketCors:R2BucketCors": storage,
  "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle": storage,
  "cloudflare:index/r2CustomDomain:R2CustomDomain": storage,
  "cloudflare:index/zone:Zone": right("zone", "Zone"),
  "cloudflare:index/zoneDnssec:ZoneDnssec": right("zone", "DNS"),
  "cloudflare:index/zoneSetting:ZoneSetting": right("zone", "Zone Settings"),
  "cloudflare:index/zoneSubscription:ZoneSubscription": right("account", "Billing"),
  http_config_settings: right("zone", "Config Settings"),
  http_ratelimit: zoneWaf,
  http_request_cache_settings: right("zone", "Cache Settings"),
  http_request_dynamic_redirect: right("zone", "Dynamic URL Redirects"),
  http_request_firewall_custom: zoneWaf,
  http_request_firewall_managed: zoneWaf,
};
