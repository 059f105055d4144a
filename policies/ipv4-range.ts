/** Addresses from `first` to `last`, both included, as numbers. */
export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
}

const addresses = 2 ** 32;

/** An address or a CIDR block; undefined when it is neither. */
export function ipv4Range(text: string): Ipv4Range | undefined {
  const [address = "", prefix = "32", ...rest] = text.trim().split("/");
  const start = ipv4Address(address);
  if (start === undefined || rest.length > 0 || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return undefined;
  const size = 2 ** (32 - Number(prefix));
  const first = Math.floor(start / size) * size;
  return { first, last: first + size - 1 };
}

export function ipv4Address(text: string): number | undefined {
  const parts = text.trim().split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Whether the first range lies within the second. */
export function isWithin(inner: Ipv4Range, outer: Ipv4Range): boolean {
  return inner.first >= outer.first && inner.last <= outer.last;
}

/**
 * Whether a range is so wide that it means "the internet". Splitting `0.0.0.0/0` in two does not make it narrower, so everything
 * wider than a /8, the largest block that anybody was ever assigned, counts.
 */
export function isInternetWide({ first, last }: Ipv4Range): boolean {
  return last - first + 1 > addresses / 256;
}
