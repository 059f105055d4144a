/** A range of IPv4 addresses, both ends included, as 32-bit numbers. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
  /** The prefix length: 32 for a single address. */
  readonly prefix: number;
}

/**
 * Reads an IPv4 address or CIDR block.
 *
 * @returns undefined when it is neither, or has bits set after its prefix ("10.0.0.1/24")
 * @example parseRange("10.20.0.0/16")
 */
export function parseRange(text: string): AddressRange | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (match === null) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const prefix = match[5] === undefined ? 32 : Number(match[5]);
  if (octets.some((octet) => octet > 255) || prefix > 32) return undefined;
  const first = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : undefined;
}

export function contains(outer: AddressRange, inner: AddressRange): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(one: AddressRange, other: AddressRange): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** The ranges of RFC 1918 and RFC 6598 (carrier-grade NAT, which Tailscale uses), loopback and link-local: never seen by a public endpoint. */
const privateBlocks = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
];

export function isPrivate(range: AddressRange): boolean {
  return privateBlocks.some((block) => {
    const outer = parseRange(block);
    return outer !== undefined && overlaps(outer, range);
  });
}
