import { type Ipv4Range, sizeOf } from "../lib/ipv4";

/**
 * Whether a range is so wide that it means "the internet". Splitting `0.0.0.0/0` in two does not make it narrower, so everything
 * wider than a /8, the largest block that anybody was ever assigned, counts.
 */
export function isInternetWide(range: Ipv4Range): boolean {
  return sizeOf(range) > 2 ** 24;
}
