import { describe, expect, it } from "vitest";
import { plainAddress, prefixedAddress, type Reach, reachPlan } from "../../components/reach/reach-plan";

const plan = (reachedBy: readonly Reach[], network = false) => reachPlan('KeyVault "secrets"', reachedBy, { network });
const from = (...addresses: string[]): Reach[] => [{ who: "hosts", via: "addresses", addresses }];

describe("reachPlan", () => {
  it("asks for a private endpoint when a path leads through the network", () => {
    expect(plan([{ who: "apps", via: "private-endpoint" }], true)).toEqual({ addresses: [], privateEndpoint: true });
    expect(plan([{ who: "laptops", via: "tailnet-router" }], true)).toEqual({ addresses: [], privateEndpoint: true });
  });

  it("lists addresses once and in order", () => {
    const reaches = [...from("203.0.113.9", "198.51.100.0/24"), ...from("203.0.113.9")];
    expect(plan(reaches)).toEqual({ addresses: ["198.51.100.0/24", "203.0.113.9"], privateEndpoint: false });
  });

  it("refuses what nobody reaches", () => {
    expect(() => plan([])).toThrow(
      'KeyVault "secrets": reachedBy is empty, so nobody could use it; say who reaches it and how, for example { who: "apps", via: "private-endpoint" }',
    );
  });

  it("refuses a path that has nothing to go through", () => {
    expect(() => plan([{ who: "hosts", via: "tailnet-router" }])).toThrow(
      'KeyVault "secrets": reachedBy says hosts via tailnet-router, but no network is given; pass the network whose subnet takes the private endpoint',
    );
  });

  it.each([
    ["0.0.0.0/0", "wider than /24"],
    ["203.0.0.0/16", "wider than /24"],
    ["203.0.112.0/23", "wider than /24"],
    ["0.0.0.0", "lets every Azure tenant in"],
    ["0.0.0.0/24", "lets every Azure tenant in"],
    ["10.0.0.0/24", "a private address"],
    ["100.103.49.98", "a private address"],
    ["203.0.113.1/24", "not an IPv4 address or CIDR block"],
    ["2001:db8::1", "not an IPv4 address or CIDR block"],
    ["example.com", "not an IPv4 address or CIDR block"],
  ])("refuses %s: %s", (address, reason) => {
    expect(() => plan(from(address))).toThrow(`KeyVault "secrets": reachedBy for hosts lists "${address}", `);
    expect(() => plan(from(address))).toThrow(reason);
  });

  it("accepts a block of /24 and a single address", () => {
    expect(plan(from("203.0.113.0/24", "198.51.100.7")).addresses).toEqual(["198.51.100.7", "203.0.113.0/24"]);
  });

  it("refuses an empty list, and reports all problems at once", () => {
    const reaches: Reach[] = [
      { who: "ci", via: "addresses", addresses: [] },
      { who: "apps", via: "private-endpoint" },
    ];
    expect(() => plan(reaches)).toThrow(
      /reachedBy for ci lists no addresses; list at least one\n.*no network is given/,
    );
  });
});

describe("addresses", () => {
  it("are written as each service reports them", () => {
    expect([plainAddress("203.0.113.7/32"), plainAddress("203.0.113.0/24")]).toEqual(["203.0.113.7", "203.0.113.0/24"]);
    expect([prefixedAddress("203.0.113.7"), prefixedAddress("203.0.113.0/24")]).toEqual([
      "203.0.113.7/32",
      "203.0.113.0/24",
    ]);
  });
});
