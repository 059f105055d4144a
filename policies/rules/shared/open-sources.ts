import { isIPv6 } from "node:net";
import { type Ipv4Range, isWithinUnrouted, parseBlock, sizeOfUnion } from "../../../lib/ipv4";

/**
 * What counts as "the internet": more public addresses than a /16 has. Offices, hosts and the runners of pipelines are blocks of a few
 * addresses; splitting `0.0.0.0/0` into small ones does not make it narrower, so ranges count together.
 */
const widestIpv4 = 2 ** 16;

/** The same for IPv6: more than one /32, which is what a whole provider is given. */
const widestIpv6 = 1;

/**
 * Service tags that stand for no caller on the internet: the network itself, health probes, and the control planes of gateways. Any
 * other tag (`AzureCloud`, `Storage`, `AppService`, …) stands for addresses that every customer of Azure can call from.
 * Source: Azure documentation, "Virtual network service tags".
 */
const closedTags = ["virtualnetwork", "azureloadbalancer", "gatewaymanager", "apimanagement"];

/** Whether ranges of addresses are, together, so many that they mean "the internet". Private networks do not count. */
export function isInternetWide(...ranges: readonly Ipv4Range[]): boolean {
  return sizeOfUnion(ranges.filter((range) => !isWithinUnrouted(range))) > widestIpv4;
}

/**
 * Whether the sources of security rules let the internet in, alone or together.
 *
 * @param sources addresses, blocks and service tags, in lower case. What is none of them counts as the internet.
 */
export function areInternetWide(sources: readonly string[]): boolean {
  const ranges = sources.flatMap((source) => parseBlock(source) ?? []);
  const others = sources.filter((source) => parseBlock(source) === undefined);
  const widths = others.map(ipv6Width);
  return (
    // Azure writes 0.0.0.0 for "anything".
    sources.includes("0.0.0.0") ||
    others.some((source, index) => widths[index] === undefined && !closedTags.includes(source)) ||
    isInternetWide(...ranges) ||
    widths.reduce<number>((sum, width) => sum + (width ?? 0), 0) > widestIpv6
  );
}

/** How many /32 an IPv6 block is, 0 for one within unique local or link-local addresses; undefined when it is no block. */
export function ipv6Width(source: string): number | undefined {
  const [address = "", length = "128", ...rest] = source.split("/");
  if (!isIPv6(address) || rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > 128) return undefined;
  const prefix = Number(length);
  const first = Number.parseInt(address.split(":")[0] || "0", 16);
  // Also `::ffff:0:0/96`, which is all of IPv4.
  if (first === 0 && address !== "::1") return Number.POSITIVE_INFINITY;
  const isLocal = ((first & 0xfe00) === 0xfc00 && prefix >= 7) || ((first & 0xffc0) === 0xfe80 && prefix >= 10);
  return isLocal ? 0 : 2 ** (32 - prefix);
}
