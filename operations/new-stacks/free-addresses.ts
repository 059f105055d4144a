import { addressAt, contains, type Ipv4Block, overlaps, parseAlignedBlock, sizeOf } from "../../lib/ipv4";

/** What private networks may have; source: RFC 1918. The two smaller blocks are what home routers and offices use. */
const privateAddresses = "10.0.0.0/8";

/**
 * The first block of a size within another one that overlaps none of those that are used; undefined when there is none.
 *
 * @param prefix its prefix length
 * @example freeBlock("10.0.0.0/8", 12, ["10.0.0.0/10"]) // "10.64.0.0/12"
 */
export function freeBlock(within: string, prefix: number, used: readonly string[]): string | undefined {
  const outer = parseAlignedBlock(within);
  const size = 2 ** (32 - prefix);
  if (outer === undefined || size > sizeOf(outer)) return undefined;
  const taken = used.flatMap((text) => parseAlignedBlock(text) ?? []);
  for (let first = outer.first; first + size - 1 <= outer.last; first += size) {
    const range = { first, last: first + size - 1 };
    if (!taken.some((other) => overlaps(other, range))) return `${addressAt(range, 0)}/${prefix}`;
  }
  return undefined;
}

/** As many addresses as the systems of services have: sixteen networks. */
const systemPrefix = 12;

/** The next block for a system; undefined when all are used. */
export function freeSystemBlock(used: readonly string[]): string | undefined {
  return freeBlock(privateAddresses, systemPrefix, used);
}

/**
 * A text with the blocks that lie in one network moved to another of the same size.
 *
 * @example movedBlocks("apps: 10.80.0.0/23", "10.80.0.0/16", "10.82.0.0/16") // "apps: 10.82.0.0/23"
 */
export function movedBlocks(text: string, from: string, to: string): string {
  const [source, target] = [parseAlignedBlock(from), parseAlignedBlock(to)];
  if (source === undefined || target === undefined) return text;
  const moved = (block: Ipv4Block) => `${addressAt(target, block.first - source.first)}/${block.prefix}`;
  return text.replaceAll(/[\d.]+\/\d+/g, (found) => {
    const block = parseAlignedBlock(found);
    return block !== undefined && contains(source, block) ? moved(block) : found;
  });
}
