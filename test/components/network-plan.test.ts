import { describe, expect, it } from "vitest";
import { type SubnetUse, securityRules } from "../../components/network/network";
import { addressProblems, networkSchema } from "../../components/network/schema";
import { privateServiceNames, privateServices } from "../../lib/private-services";
import { formatPropertyPath } from "../../lib/property-path";

const good = {
  addressSpace: "10.20.0.0/16",
  subnets: { apps: "10.20.0.0/23", postgres: "10.20.2.0/28", privateEndpoints: "10.20.3.0/26" },
};

/** As a refusal says them. */
const problemsOf = (plan: Parameters<typeof addressProblems>[0]) =>
  addressProblems(plan).map(({ path, message }) => `${formatPropertyPath(path)}: ${message}`);

describe("addressProblems", () => {
  it("accepts blocks that fit", () => expect(problemsOf(good)).toEqual([]));

  it("reports every problem at once", () => {
    const subnets = { apps: "10.20.0.0/28", postgres: "10.21.0.0/28", privateEndpoints: "10.20.0.8/29" };
    expect(problemsOf({ addressSpace: "10.20.0.0/16", subnets })).toEqual([
      'subnets.apps: "10.20.0.0/28" is too small: Container Apps needs /27 or larger',
      'subnets.postgres: "10.21.0.0/28" is not inside addressSpace "10.20.0.0/16"',
      'subnets.privateEndpoints: "10.20.0.8/29" overlaps subnets.apps "10.20.0.0/28"',
    ]);
  });
});

describe("securityRules", () => {
  it.each<SubnetUse>(["apps", "postgres", "privateEndpoints"])("%s: nothing comes in from the internet", (use) => {
    const rules = securityRules(use, ["blob"]);
    const inbound = rules.filter((rule) => rule.direction === "Inbound" && rule.access === "Allow");
    expect(
      inbound
        .map((rule) => rule.sourceAddressPrefix)
        .filter((from) => from !== "VirtualNetwork" && from !== "AzureLoadBalancer"),
    ).toEqual([]);
    expect(rules.at(-1)).toMatchObject({
      access: "Deny",
      direction: "Inbound",
      sourceAddressPrefix: "*",
      priority: 4096,
    });
    expect(new Set(rules.map((rule) => rule.priority)).size).toBe(rules.length);
  });

  it.each(privateServiceNames)("endpoints for %s: its ports are open in the network, and no others", (service) => {
    const allowed = securityRules("privateEndpoints", [service]).filter((rule) => rule.access === "Allow");
    expect(allowed.map((rule) => rule.destinationPortRanges)).toEqual([privateServices[service].ports]);
  });

  it("endpoints for several services: each port once", () => {
    const [allowed] = securityRules("privateEndpoints", ["blob", "vault", "redisEnterprise"]);
    expect(allowed?.destinationPortRanges).toEqual(["443", "10000", "8500-8599"]);
  });

  it("endpoints for no service: nothing is open", () => {
    expect(securityRules("privateEndpoints", []).map((rule) => rule.access)).toEqual(["Deny"]);
  });
});

describe("networkSchema", () => {
  it("takes a network, and refuses unknown keys and bad blocks", () => {
    expect(networkSchema.safeParse(good).success).toBe(true);
    const bad = networkSchema.safeParse({ ...good, addressSpace: "10.20.0.0/99", gateway: true });
    expect(bad.error?.issues.map((issue) => issue.path.join(".") || issue.code)).toEqual([
      "addressSpace",
      "unrecognized_keys",
    ]);
  });
});
