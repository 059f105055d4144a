import { type Ipv4Range, parseAddress } from "../../lib/ipv4";
import { privateServices } from "../../lib/private-services";
import { allOf, anyOf, compliant, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import type { PolicyResource, StackMember } from "../rule";
import { rulesOf } from "../rule";
import type { StackMembers } from "../stack-members";
import { requireCompanion } from "../stack-members";
import { requireClosed, requireEdgeOnly } from "./shared/app-exposure";
import { firewallRange, firewallRuleTypes, otherFirewallRuleTypes, rangeOf } from "./shared/firewall-rules";
import { isInternetWide } from "./shared/open-sources";
import { anyReading, comparable, items, type Reading, read, readWithin, textsOf } from "./shared/property-reading";
import { requireSet, requireValue } from "./shared/requirements";
import { areOpenTogether, requireNoOpenPort } from "./shared/security-rules";

const securityRule = "azure-native:network:SecurityRule";

/** Where else services say whether they are closed: PostgreSQL and Key Vault. */
const settings = ["network.publicNetworkAccess", "properties.publicNetworkAccess"];

/** Subnets that Azure reserves for its gateways, which refuse a group. */
const withoutGroup = ["gatewaysubnet", "azurefirewallsubnet", "azurefirewallmanagementsubnet", "routeserversubnet"];

export const networkAccessRules = rulesOf("public-access", [
  {
    id: "address-ranges-together",
    benchmarkRow: 34,
    controls: ["CKV2_AZURE_26"],
    description:
      "Firewall rules of one kind, and security rules to sensitive ports, let in at most 65,536 public addresses, all of a stack counted together.",
    remediation: "List the addresses that need the service; a range split over several rules is as wide as before.",
    types: [securityRule, ...firewallRuleTypes, ...otherFirewallRuleTypes],
    companions: [],
    evaluate: (subject: StackMember, members: StackMembers) => {
      const alike = members.ofType(subject.type);
      // The first one speaks for all of them.
      if (alike[0] !== subject) return notApplicable("another rule of its kind speaks for all");
      const isSecurity = subject.type === securityRule;
      const isWide = isSecurity
        ? areOpenTogether(alike.map((rule) => (name: string) => read(rule, name)))
        : isInternetWide(...alike.flatMap(blockOf));
      const { path } = isSecurity ? read(subject, "sourceAddressPrefix") : rangeOf(subject).start;
      return isWide ? violation(path, `lets in the internet, with ${alike.length - 1} others beside it`) : compliant;
    },
  },
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
    description: "Container Apps environments have no public address, unless the stack's frontedByEdge names them.",
    remediation:
      "Set vnetConfiguration.internal to true, or publicNetworkAccess to Disabled; or declare in the stack's frontedByEdge that its public apps stand behind the edge.",
    types: ["azure-native:app:ManagedEnvironment"],
    evaluate: (environment, stack) =>
      anyOf([
        ...(stack.frontedByEdge.includes(environment.name) ? [compliant] : []),
        requireValue(read(environment, "vnetConfiguration.internal"), { oneOf: [true], absent: "violates" }),
        requireValue(read(environment, "publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" }),
      ]),
  },
  {
    id: "container-app-not-exposed",
    benchmarkRow: 43,
    controls: ["Azure Policy 783ea2a8", "PSRule Azure.ContainerApp.ExternalIngress"],
    description:
      "Container Apps answer inside their environment, or to listed addresses only, or, those in frontedByEdge, to Cloudflare's proxies that show a client certificate; their additional ports answer inside.",
    remediation:
      "Set configuration.ingress.external to false (of additionalPortMappings, too, which no list of addresses guards), or allow listed addresses in ipSecurityRestrictions. Of an app in the stack's frontedByEdge allow Cloudflare's addresses alone, and set clientCertificateMode to Require.",
    types: ["azure-native:app:ContainerApp"],
    evaluate: (app, stack) => {
      const ingress = read(app, "configuration.ingress");
      if (ingress.state === "absent") return notApplicable("the app has no ingress");
      const isFronted = stack.frontedByEdge.includes(app.name);
      const others = items(readWithin(ingress, "additionalPortMappings"));
      return allOf([
        isFronted ? requireEdgeOnly(ingress) : requireClosed(ingress),
        ...others.map((one) => requireValue(readWithin(one, "external"), { oneOf: [false], absent: "complies" })),
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
    id: "network-peering-alone",
    controls: ["Own"],
    description: "Peered networks reach each other, and nothing that lies behind them.",
    remediation: "Set allowForwardedTraffic, allowGatewayTransit and useRemoteGateways to false.",
    types: ["azure-native:network:VirtualNetworkPeering"],
    evaluate: (peering) =>
      allOf(
        ["allowForwardedTraffic", "allowGatewayTransit", "useRemoteGateways"].map((name) =>
          requireValue(read(peering, name), { oneOf: [false], absent: "complies" }),
        ),
      ),
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
      "No network security rule lets the internet in to a port of SSH, RDP, databases, caches, management or the web, or to any UDP port.",
    remediation: "Name the addresses that need the port as the source, or reach it through the tailnet router.",
    types: [
      "azure-native:network:NetworkSecurityGroup",
      "azure-native:network:SecurityRule",
      "azure-native:network:Subnet",
      "azure-native:network:VirtualNetwork",
    ],
    evaluate: requireNoOpenPort,
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
    description:
      "No PostgreSQL firewall rule lets in the internet (0.0.0.0 to 255.255.255.255, or more than 65,536 addresses).",
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
    types: ["azure-native:network:Subnet", "azure-native:network:VirtualNetwork"],
    evaluate: (resource) => {
      if (resource.type.endsWith(":Subnet")) {
        return requireGroup(read(resource, "subnetName"), read(resource, "networkSecurityGroup.id"));
      }
      const subnets = items(read(resource, "subnets"));
      if (subnets.length === 0) return notApplicable("its subnets are resources of their own");
      const outcomes = each(subnets, (subnet) =>
        requireGroup(readWithin(subnet, "name"), readWithin(readWithin(subnet, "networkSecurityGroup"), "id")),
      );
      return allOf(outcomes);
    },
  },
]);

/** The range that a firewall rule lets in; nothing when it is none. */
function blockOf(rule: PolicyResource): readonly Ipv4Range[] {
  const { start, end } = rangeOf(rule);
  const [first, last] = [start, end].map((address) => textsOf([address]).map(parseAddress)[0]);
  return first === undefined || last === undefined ? [] : [{ first, last }];
}

function requireGroup(name: Reading, group: Reading): RuleOutcome {
  const isReserved = anyReading([name], (value) => withoutGroup.includes(comparable(value) ?? ""));
  return isReserved ? notApplicable("Azure takes no security group in this subnet") : requireSet(group);
}

function requireGroups(groups: Reading): RuleOutcome {
  const [first] = items(groups);
  return first === undefined ? violation(groups.path, "is empty") : requireSet(first);
}
