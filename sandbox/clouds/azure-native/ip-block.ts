/** An IPv4 block: its first address as a number, and its prefix length. */
export interface IpBlock {
  readonly first: number;
  readonly prefix: number;
}

/** Reads `10.0.0.0/24` or a single address; undefined when it is neither. */
export function parseBlock(text: string): IpBlock | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const bytes = match.slice(1, 5).map(Number);
  const prefix = match[5] === undefined ? 32 : Number(match[5]);
  if (bytes.some((byte) => byte > 255) || prefix > 32) return undefined;
  return { first: bytes.reduce((address, byte) => address * 256 + byte, 0), prefix };
}

export function blockSize(block: IpBlock): number {
  return 2 ** (32 - block.prefix);
}

/** Whether the first address is one that the prefix allows: `10.0.0.1/24` is not. */
export function isAligned(block: IpBlock): boolean {
  return block.first % blockSize(block) === 0;
}

export function overlaps(left: IpBlock, right: IpBlock): boolean {
  return left.first < right.first + blockSize(right) && right.first < left.first + blockSize(left);
}

export function contains(outer: IpBlock, inner: IpBlock): boolean {
  return outer.first <= inner.first && inner.first + blockSize(inner) <= outer.first + blockSize(outer);
}

/** Source: RFC 1918. */
const privateBlocks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].flatMap((text) => parseBlock(text) ?? []);

export function isPrivateAddress(block: IpBlock): boolean {
  return privateBlocks.some((outer) => overlaps(outer, block));
}

/** The `index`th address of a block in dotted form. */
export function addressIn(block: IpBlock, index: number): string {
  const address = block.first + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
