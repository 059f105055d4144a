import { isIPv6 } from "node:net";
import { expect, it } from "vitest";
import { cloudflareAddresses } from "../../lib/cloudflare-addresses";
import { isUnrouted, overlaps, parseAlignedBlock } from "../../lib/ipv4";

const { ipv4, ipv6 } = cloudflareAddresses;

it("Cloudflare's addresses are public blocks that do not overlap", () => {
  const blocks = ipv4.map((text) => parseAlignedBlock(text) ?? expect.unreachable(`${text} is no block`));
  expect(ipv4.length).toBeGreaterThan(0);
  expect(blocks.filter(isUnrouted)).toEqual([]);
  expect(blocks.filter((block, index) => blocks.slice(index + 1).some((other) => overlaps(block, other)))).toEqual([]);
});

it("Cloudflare's addresses of IPv6 are blocks", () => {
  expect(ipv6.length).toBeGreaterThan(0);
  expect(ipv6.filter((text) => !/^[0-9a-f:]+\/\d{1,3}$/.test(text) || !isIPv6(text.split("/")[0] ?? ""))).toEqual([]);
});
