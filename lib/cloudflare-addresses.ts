import published from "./cloudflare-ranges.json";

/** The list, from the project's root. */
export const cloudflareAddressesFile = "lib/cloudflare-ranges.json";

/** Blocks of addresses, each list sorted as text. */
export interface CloudflareAddresses {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

/**
 * The addresses from which Cloudflare's proxies ask origins: an origin behind the edge lets nobody else in.
 * Source: https://www.cloudflare.com/ips/, of which `cloudflare-ranges.json` is a copy.
 *
 * @example cloudflareAddresses.ipv4[0] // "103.21.244.0/22"
 */
export const cloudflareAddresses: CloudflareAddresses = published;
