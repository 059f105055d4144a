import { parseBlock } from "../../lib/ipv4";
import { privateServices } from "../../lib/private-services";
import { allOf, anyOf, compliant, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import type { PolicyResource, StackMember } from "../rule";
import { rulesOf } from "../rule";
import type { StackMembers } from "../stack-members";
import { requireCompanion } from "../stack-members";
import { isInternetWide } from "./shared/declared-addresses";
import { firewallRange, firewallRuleTypes } from "./shared/postgres-firewall";
import {
  allHold,
  anyHolds,
  anyReading,
  comparable,
  items,
  type KnownValue,
  type Reading,
  read,
  readWithin,
} from "./shared/property-reading";
import { requireSet, requireValue } from "./shared/requirements";

/** SSH, RDP, PostgreSQL, Redis, HTTP, HTTPS. */
const sensitivePorts = [22, 80, 443, 3389, 5432, 6379];

/** Where else services say whether they are closed: PostgreSQL and Key Vault. */
const settings = ["network.publicNetworkAccess", "properties.publicNetworkAccess"];

/** Subnets that Azure reserves for its gateways, which refuse a group. */
const withoutGroup = ["GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "RouteServerSubnet"];

export const networkAccessRules = rulesOf("public-access", [
  {
    id: "apps-environment-in-network",
    benchmarkRow: 53,
    controls: ["Azure Policy 8b346db6"],
    description: "Container Apps environments are in a network of ours.",
    remediation: "Give vnetConfiguration.infrastructureSubnetId.",
    types: ["azure-native:app:ManagedEnvironment"],
    evaluate: (environment) => requireSet(read(environment, "vnetConfiguration.infrastructureSubnetId")),
  },
  {
    id: "apps-environment-private",
    benchmarkRow: 52,
    controls: ["MCSB v2 NS-2", "Azure Policy d074ddf8"],
    description: "Container Apps environments have no public address.",
    remediation: "Set vnetConfiguration.internal to true, or publicNetworkAccess to Disabled.",
    types: ["azure-native:app:ManagedEnvironment"],
    evaluate: (environment) =>
      anyOf([
        requireValue(read(environment, "vnetConfiguration.internal"), { oneOf: [true], absent: "violates" }),
        requireValue(read(environment, "publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" }),
      ]),
  },
  {
    id: "container-app-not-exposed",
    benchmarkRow: 43,
    controls: ["Azure Policy 783ea2a8", "PSRule Azure.ContainerApp.ExternalIngress"],
    description:
      "Container Apps answer inside their environment, or to listed addresses only, or stand behind the edge (frontedByEdge).",
    remediation:
      "Set configuration.ingress.external to false, allow listed addresses in ipSecurityRestrictions, or declare the app in the stack's frontedByEdge.",
    types: ["azure-native:app:ContainerApp"],
    evaluate: (app, stack) => {
      const ingress = read(app, "configuration.ingress");
      if (ingress.state === "absent") return notApplicable("the app has no ingress");
      if (stack.frontedByEdge.includes(app.name)) return compliant;
      return anyOf([
        requireValue(readWithin(ingress, "external"), { oneOf: [false], absent: "complies" }),
        requireAllowList(readWithin(ingress, "ipSecurityRestrictions")),
      ]);
    },
  },
  {
    id: "dns-record-proxied",
    benchmarkRow: 73,
    controls: ["Prowler zone_*"],
    description: "Names of ours stand behind the edge, unless the stack's dnsOnly declares that others serve them.",
    remediation: "Set proxied to true, or declare the name in the stack's dnsOnly.",
    types: ["cloudflare:index/dnsRecord:DnsRecord"],
    evaluate: (record, stack) => {
      const type = read(record, "type");
      const kind = type.state === "known" ? (comparable(type.value) ?? "") : "";
      if (!["a", "aaaa", "cname"].includes(kind)) return notApplicable("the record leads to no host");
      const name = read(record, "name");
      if (name.state === "known" && stack.dnsOnly.includes(String(name.value)))
        return notApplicable("others serve the name");
      return requireValue(read(record, "proxied"), { oneOf: [true], absent: "violates" });
    },
  },
  {
    id: "network-no-open-ports",
    benchmarkRow: 67,
    controls: [
      "CIS Azure 6.0 7.1",
      "CIS Azure 6.0 7.2",
      "CIS Azure 6.0 7.3",
      "CIS Azure 6.0 7.4",
      "CKV_AZURE_10",
      "CKV_AZURE_9",
      "CKV_AZURE_160",
      "CKV_AZURE_77",
    ],
    description:
      "No network security rule lets the internet in to SSH, RDP, PostgreSQL, Redis, HTTP, HTTPS or any UDP port.",
    remediation: "Name the addresses that need the port as the source, or reach it through the tailnet router.",
    types: ["azure-native:network:NetworkSecurityGroup", "azure-native:network:SecurityRule"],
    evaluate: (resource) => {
      if (resource.type.endsWith(":SecurityRule")) return evaluateRule((name) => read(resource, name), "");
      return evaluateGroup(resource);
    },
  },
  {
    id: "postgres-no-azure-wide-access",
    benchmarkRow: 33,
    controls: ["CIS Azure 3.0 5.2.5"],
    description: "No PostgreSQL firewall rule lets in every Azure tenant (0.0.0.0 to 0.0.0.0).",
    remediation: "Remove the rule; use a private endpoint, or list the addresses that need the server.",
    types: firewallRuleTypes,
    evaluate: (rule) =>
      firewallRange(rule, ({ first, last }) =>
        first === 0 && last === 0 ? "lets in every Azure tenant, 0.0.0.0 to 0.0.0.0" : undefined,
      ),
  },
  {
    id: "postgres-no-internet-wide-access",
    benchmarkRow: 34,
    controls: ["CKV2_AZURE_26"],
    description: "No PostgreSQL firewall rule lets in the internet (0.0.0.0 to 255.255.255.255, or nearly).",
    remediation: "List the addresses that need the server.",
    types: firewallRuleTypes,
    evaluate: (rule) =>
      firewallRange(rule, (range) => (isInternetWide(range) ? "lets in a range as wide as the internet" : undefined)),
  },
  {
    id: "private-endpoint-exists",
    benchmarkRow: 24,
    controls: ["CKV2_AZURE_57", "Azure Policy 5375a5bb", "CIS Azure 6.0 8.3.8"],
    description: "What is closed to the internet can be reached through a private endpoint.",
    remediation:
      "Make a PrivateEndpoint whose privateLinkServiceConnections name the resource, or let in declared addresses.",
    types: [...new Set(Object.values(privateServices).map(({ type }) => type))],
    companions: ["azure-native:network:PrivateEndpoint"],
    evaluate: (subject: StackMember, members: StackMembers) => {
      if (read(subject, "network.delegatedSubnetResourceId").state !== "absent") {
        return notApplicable("it is in a subnet of its own");
      }
      const access = [read(subject, "publicNetworkAccess"), ...settings.map((path) => read(subject, path))];
      const closed = anyReading(access, (value) => comparable(value) === "disabled");
      if (!closed) return notApplicable("it is not closed");
      return requireCompanion(subject, members, {
        type: "azure-native:network:PrivateEndpoint",
        property: "privateLinkServiceConnections",
        missing: "is closed to the internet, and no private endpoint leads to it",
      });
    },
  },
  {
    id: "private-endpoint-name",
    benchmarkRow: 69,
    controls: ["Azure Policy private-DNS family"],
    description: "The name of what is behind a private endpoint leads to the endpoint.",
    remediation: "Make a PrivateDnsZoneGroup for the endpoint.",
    types: ["azure-native:network:PrivateEndpoint"],
    companions: ["azure-native:network:PrivateDnsZoneGroup"],
    evaluate: (endpoint: StackMember, members: StackMembers) =>
      requireCompanion(endpoint, members, {
        type: "azure-native:network:PrivateDnsZoneGroup",
        property: "privateEndpointName",
        missing: "has no DNS zone group, so names lead past it",
      }),
  },
  {
    id: "private-endpoint-target",
    benchmarkRow: 69,
    controls: ["Azure Policy private-DNS family"],
    description: "Private endpoints say which part of a service they lead to.",
    remediation: "Give privateLinkServiceConnections[].groupIds.",
    types: ["azure-native:network:PrivateEndpoint"],
    evaluate: (endpoint) => {
      const connections = items(read(endpoint, "privateLinkServiceConnections"));
      if (connections.length === 0) return violation("privateLinkServiceConnections", "is empty");
      return allOf(connections.map((connection) => requireGroups(readWithin(connection, "groupIds"))));
    },
  },
  {
    id: "subnet-security-group",
    benchmarkRow: 68,
    controls: ["CIS Azure 6.0 7.11", "CKV2_AZURE_31"],
    description: "Subnets have a network security group.",
    remediation: "Set networkSecurityGroup.id.",
    types: ["azure-native:network:Subnet"],
    evaluate: (subnet) => {
      const name = read(subnet, "subnetName");
      if (name.state === "known" && withoutGroup.includes(String(name.value))) {
        return notApplicable("Azure takes no security group in this subnet");
      }
      return requireSet(read(subnet, "networkSecurityGroup.id"));
    },
  },
]);

/** A list with an Allow in it denies everything else; one with Denies only allows everything else. */
function requireAllowList(restrictions: Reading): RuleOutcome {
  const rules = items(restrictions);
  if (rules.length === 0) return violation(restrictions.path, "is empty, so every address is let in");
  return allOf(each(rules, requireNarrowAllow));
}

function requireNarrowAllow(rule: Reading): RuleOutcome {
  const action = requireValue(readWithin(rule, "action"), { oneOf: ["Allow"], absent: "violates" });
  return allOf([action, ...each([readWithin(rule, "ipAddressRange")], requireNarrowRange)]);
}

function requireNarrowRange(address: Reading): RuleOutcome {
  const range = address.state === "known" ? parseBlock(String(address.value)) : undefined;
  if (range === undefined) return violation(address.path, "is not an IPv4 address or CIDR block");
  return isInternetWide(range) ? violation(address.path, "lets in a range as wide as the internet") : compliant;
}

function evaluateGroup(group: PolicyResource): RuleOutcome {
  const rules = items(read(group, "securityRules"));
  if (rules.length === 0) return notApplicable("the group has no rules of its own");
  return allOf(each(rules, (rule) => evaluateRule((name) => readWithin(rule, name), rule.path)));
}

function evaluateRule(property: (name: string) => Reading, path: string): RuleOutcome {
  const isOpen = allHold([
    () => anyReading([property("direction")], (value) => comparable(value) === "inbound"),
    () => anyReading([property("access")], (value) => comparable(value) === "allow"),
    () => anyReading([property("sourceAddressPrefix"), ...items(property("sourceAddressPrefixes"))], isInternet),
    () => reachesSensitivePort(property),
  ]);
  if (!isOpen) return compliant;
  return violation(path === "" ? "sourceAddressPrefix" : path, "lets the internet in to a sensitive port");
}

function isInternet(value: KnownValue): boolean {
  const source = comparable(value) ?? "";
  if (["*", "any", "internet", "::/0", "0.0.0.0"].includes(source)) return true;
  const range = parseBlock(source.trim());
  return range !== undefined && isInternetWide(range);
}

/** Any port over UDP (amplification attacks need no particular one); over TCP the sensitive ones. */
function reachesSensitivePort(property: (name: string) => Reading): boolean {
  const protocol = property("protocol");
  const isProtocol = (...names: readonly string[]) =>
    anyReading([protocol], (value) => names.includes(comparable(value) ?? ""));
  const ports = [property("destinationPortRange"), ...items(property("destinationPortRanges"))];
  return anyHolds([
    () => isProtocol("udp"),
    // `*` includes UDP, so a port that is harmless over TCP is not.
    () => isProtocol("*") && anyReading(ports, () => true),
    // ICMP, ESP and AH have no ports.
    () => allHold([() => anyReading(ports, coversSensitivePort), () => !isProtocol("icmp", "esp", "ah")]),
  ]);
}

function coversSensitivePort(value: KnownValue): boolean {
  const range = comparable(value) ?? "";
  if (range === "*") return true;
  const [from = "", to = from] = range.split("-");
  return sensitivePorts.some((port) => port >= Number(from) && port <= Number(to));
}

function requireGroups(groups: Reading): RuleOutcome {
  const [first] = items(groups);
  return first === undefined ? violation(groups.path, "is empty") : requireSet(first);
}
