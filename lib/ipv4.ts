import { isIPv4 } from "node:net";

/** Addresses from `first` to `last`, both included, as 32-bit numbers. */
export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
}

/** A block of addresses, or a single one. */
export interface Ipv4Block extends Ipv4Range {
  /** The address as it is written: `10.0.0.7` of `10.0.0.7/24`, whose first one is `10.0.0.0`. */
  readonly address: number;
  /** The prefix length: 32 for a single address. */
  readonly prefix: number;
}

/**
 * An address as a number; undefined when the text is none.
 *
 * @example parseAddress("10.0.0.1") // 167772161
 */
export function parseAddress(text: string): number | undefined {
  return isIPv4(text) ? text.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0) : undefined;
}

/**
 * An address or a CIDR block, also one with bits set after its prefix; undefined when the text is neither.
 *
 * @example parseBlock("10.20.0.0/16")
 */
export function parseBlock(text: string): Ipv4Block | undefined {
  const [dotted = "", length = "32", ...rest] = text.split("/");
  const address = parseAddress(dotted);
  if (address === undefined || rest.length > 0 || !/^(\d|[12]\d|3[0-2])$/.test(length)) return undefined;
  const prefix = Number(length);
  const size = 2 ** (32 - prefix);
  const first = address - (address % size);
  return { first, last: first + size - 1, address, prefix };
}

/** An address or a CIDR block without bits set after its prefix: `10.0.0.7/24` is undefined. */
export function parseAlignedBlock(text: string): Ipv4Block | undefined {
  const block = parseBlock(text);
  return block?.address === block?.first ? block : undefined;
}

/** How many addresses a range has. */
export function sizeOf({ first, last }: Ipv4Range): number {
  return last - first + 1;
}

export function contains(outer: Ipv4Range, inner: Ipv4Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(one: Ipv4Range, other: Ipv4Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** The `index`th address of a range, from 0, in dotted form. */
export function addressAt({ first }: Ipv4Range, index: number): string {
  const address = first + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

const privateBlocks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** RFC 6598 (carrier-grade NAT, which Tailscale uses), loopback, link-local. */
const otherUnroutedBlocks = ["100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"];

/** Whether a range touches the private networks of RFC 1918. */
export function isPrivate(range: Ipv4Range): boolean {
  return touches(range, privateBlocks);
}

/** Whether a range touches addresses that no public endpoint ever sees: RFC 1918, RFC 6598, loopback and link-local. */
export function isUnrouted(range: Ipv4Range): boolean {
  return touches(range, [...privateBlocks, ...otherUnroutedBlocks]);
}

/** Whether a range lies wholly in addresses that no public endpoint ever sees. */
export function isWithinUnrouted(range: Ipv4Range): boolean {
  const blocks = [...privateBlocks, ...otherUnroutedBlocks].flatMap((text) => parseBlock(text) ?? []);
  return blocks.some((block) => contains(block, range));
}

/** How many addresses some ranges have together; what several of them have counts once. */
export function sizeOfUnion(ranges: readonly Ipv4Range[]): number {
  let size = 0;
  let counted = -1;
  for (const { first, last } of ranges.toSorted((one, other) => one.first - other.first)) {
    size += Math.max(0, last - Math.max(first - 1, counted));
    counted = Math.max(counted, last);
  }
  return size;
}

function touches(range: Ipv4Range, blocks: readonly string[]): boolean {
  return blocks.flatMap((text) => parseBlock(text) ?? []).some((block) => overlaps(block, range));
}
