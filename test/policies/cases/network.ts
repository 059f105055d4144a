import { type PropertyMap, unknown } from "../../../deployment/values/property-value";
import type { RuleCases } from "./rule-case";

/** A rule that lets one address in to SSH; cases change what they are about. */
const rule = (change: PropertyMap): PropertyMap => ({
  direction: "Inbound",
  access: "Allow",
  protocol: "Tcp",
  sourceAddressPrefix: "203.0.113.7",
  destinationPortRange: "22",
  ...change,
});
const group = (...changes: PropertyMap[]): PropertyMap => ({ securityRules: changes.map(rule) });

const compliantRules: Readonly<Record<string, PropertyMap>> = {
  "one address": {},
  "a harmless port": { sourceAddressPrefix: "*", destinationPortRange: "8443" },
  outbound: { sourceAddressPrefix: "*", direction: "Outbound" },
  denied: { sourceAddressPrefix: "*", access: "Deny" },
  ping: { sourceAddressPrefix: "Internet", protocol: "Icmp", destinationPortRange: "*" },
  "the load balancer": { sourceAddressPrefix: "AzureLoadBalancer", destinationPortRange: "*" },
  "one address, port unknown": { destinationPortRange: unknown },
};

const openRules: Readonly<Record<string, PropertyMap>> = {
  "SSH from anywhere": { sourceAddressPrefix: "*" },
  "RDP from the Internet": { sourceAddressPrefix: "internet", destinationPortRange: "3389" },
  "PostgreSQL from 0.0.0.0/0": { sourceAddressPrefix: "0.0.0.0/0", destinationPortRange: "5432" },
  "Redis from half of it": { sourceAddressPrefix: "128.0.0.0/1", destinationPortRange: "6379" },
  "HTTPS over IPv6": { sourceAddressPrefix: "::/0", destinationPortRange: "443" },
  "within a range": { sourceAddressPrefix: "*", destinationPortRange: "20-30" },
  "among several": {
    sourceAddressPrefix: null,
    sourceAddressPrefixes: ["10.0.0.0/8", "0.0.0.0/0"],
    destinationPortRange: null,
    destinationPortRanges: ["8443", "80"],
  },
  "every port": { sourceAddressPrefix: "*", destinationPortRange: "*" },
  "any UDP port": { sourceAddressPrefix: "*", protocol: "Udp", destinationPortRange: "51820" },
  "any protocol, so UDP too": { sourceAddressPrefix: "*", protocol: "*", destinationPortRange: "8443" },
};

const eachRule = <Result>(rules: Readonly<Record<string, PropertyMap>>, make: (change: PropertyMap) => Result) =>
  Object.fromEntries(Object.entries(rules).map(([name, change]) => [name, make(change)]));

export const networkCases: readonly RuleCases[] = [
  {
    rule: "network-no-open-ports",
    type: "azure-native:network:SecurityRule",
    otherTokens: ["azure-native:network/v20230501:SecurityRule"],
    compliant: eachRule(compliantRules, rule),
    violating: eachRule(openRules, (change) => [rule(change), "sourceAddressPrefix"]),
    undecided: {
      "source unknown": [rule({ sourceAddressPrefix: unknown }), "sourceAddressPrefix"],
      "port unknown": [rule({ sourceAddressPrefix: "*", destinationPortRange: unknown }), "destinationPortRange"],
      "access unknown": [rule({ sourceAddressPrefix: "*", access: unknown }), "access"],
    },
  },
  {
    rule: "network-no-open-ports",
    type: "azure-native:network:NetworkSecurityGroup",
    otherTokens: ["azure-native:network/v20230501:NetworkSecurityGroup"],
    compliant: { "every rule": group(...Object.values(compliantRules)) },
    violating: {
      "every rule": [
        group(...Object.values(openRules)),
        ...Object.keys(openRules).map((_, index) => `securityRules[${index}]`),
      ],
      "one of two": [group({}, { sourceAddressPrefix: "*" }), "securityRules[1]"],
    },
    notApplicable: { "no rules": {}, "an empty list": { securityRules: [] } },
    undecided: {
      "rules unknown": [{ securityRules: unknown }, "securityRules"],
      "one unknown": [group({}, { sourceAddressPrefix: unknown }), "securityRules[1].sourceAddressPrefix"],
    },
  },
];
