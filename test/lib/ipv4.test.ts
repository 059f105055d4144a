import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressAt,
  contains,
  isPrivate,
  isUnrouted,
  overlaps,
  parseAddress,
  parseAlignedBlock,
  parseBlock,
  sizeOf,
} from "../../lib/ipv4";

const addresses = fc.nat({ max: 2 ** 32 - 1 });
const blocks = fc.tuple(addresses, fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => {
  const size = 2 ** (32 - prefix);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1, prefix, address: first };
});
const dotted = (address: number) => addressAt({ first: address, last: address }, 0);

function block(text: string) {
  const parsed = parseBlock(text);
  if (parsed === undefined) throw new Error(`${text} is no block`);
  return parsed;
}

describe("an address", () => {
  it("reads back what was written", () => {
    fc.assert(
      fc.property(addresses, (address) => {
        expect(parseAddress(dotted(address))).toBe(address);
      }),
    );
  });

  it.each(["203.0.113.300", "10.0.0", "10.0.0.1/32", "010.0.0.1", " 10.0.0.1", "::1", "", "a.b.c.d"])(
    "%j is none",
    (text) => expect(parseAddress(text)).toBeUndefined(),
  );
});

describe("a block", () => {
  it("reads back what was written", () => {
    fc.assert(
      fc.property(blocks, (each) => {
        expect(parseBlock(`${dotted(each.first)}/${each.prefix}`)).toEqual(each);
        expect(parseAlignedBlock(`${dotted(each.first)}/${each.prefix}`)).toEqual(each);
        expect(sizeOf(each)).toBe(2 ** (32 - each.prefix));
      }),
    );
  });

  it("knows the address it was written with", () => {
    expect(parseBlock("10.0.0.7/24")).toEqual({
      first: 0x0a000000,
      last: 0x0a0000ff,
      address: 0x0a000007,
      prefix: 24,
    });
    expect(parseAlignedBlock("10.0.0.7/24")).toBeUndefined();
  });

  it.each(["256.0.0.1", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0", "", "a.b.c.d/8"])(
    "%j is none",
    (text) => {
      expect(parseBlock(text)).toBeUndefined();
      expect(parseAlignedBlock(text)).toBeUndefined();
    },
  );

  it("overlaps another exactly when one contains the other", () => {
    fc.assert(
      fc.property(blocks, blocks, (one, other) => {
        expect(overlaps(one, other)).toBe(contains(one, other) || contains(other, one));
      }),
    );
  });

  it("lists its addresses", () => {
    expect(addressAt(block("10.0.1.0/24"), 4)).toBe("10.0.1.4");
    expect(addressAt(block("255.255.255.255"), 0)).toBe("255.255.255.255");
  });
});

describe("addresses that no public endpoint sees", () => {
  it.each(["10.1.2.3", "172.31.0.0/16", "192.168.1.0/24", "0.0.0.0/0"])("%s: RFC 1918", (text) => {
    expect([isPrivate(block(text)), isUnrouted(block(text))]).toEqual([true, true]);
  });

  it.each(["100.64.0.1", "127.0.0.1", "169.254.1.1"])("%s: others", (text) => {
    expect([isPrivate(block(text)), isUnrouted(block(text))]).toEqual([false, true]);
  });

  it.each(["8.8.8.8", "172.32.0.0/16", "100.128.0.0/10"])("%s is not one", (text) => {
    expect([isPrivate(block(text)), isUnrouted(block(text))]).toEqual([false, false]);
  });
});
