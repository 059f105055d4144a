import { parseBlock } from "../../../lib/ipv4";
import { allOf, compliant, notApplicable, type RuleOutcome, undecided, violation } from "../../outcome";
import type { PolicyResource, PolicyRule } from "../../rule";
import { isInternetWide } from "../shared/declared-addresses";
import { anyReading, type Decision, everyDecision } from "../shared/known-decision";
import { comparable, items, type KnownValue, type Reading, read, readWithin } from "../shared/property-reading";

/** SSH, RDP, PostgreSQL, Redis, HTTP, HTTPS. */
const sensitivePorts = [22, 80, 443, 3389, 5432, 6379];

export const networkNoOpenPorts: PolicyRule = {
  id: "network-no-open-ports",
  family: "public-access",
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
  level: "mandatory",
  types: ["azure-native:network:NetworkSecurityGroup", "azure-native:network:SecurityRule"],
  evaluate: (resource) => {
    if (resource.type.endsWith(":SecurityRule")) return evaluateRule((name) => read(resource, name), "");
    return evaluateGroup(resource);
  },
};

function evaluateGroup(group: PolicyResource): RuleOutcome {
  const rules = items(read(group, "securityRules"));
  if (rules.length === 0) return notApplicable("the group has no rules of its own");
  return allOf(rules.map((rule) => evaluateRule((name) => readWithin(rule, name), rule.path)));
}

function evaluateRule(property: (name: string) => Reading, path: string): RuleOutcome {
  const isOpen = everyDecision([
    anyReading([property("direction")], (value) => comparable(value) === "inbound"),
    anyReading([property("access")], (value) => comparable(value) === "allow"),
    anyReading([property("sourceAddressPrefix"), ...items(property("sourceAddressPrefixes"))], isInternet),
    reachesSensitivePort(property),
  ]);
  if (isOpen.decision === "unknown") return undecided(isOpen.path);
  if (isOpen.decision === "no") return compliant;
  return violation(path === "" ? "sourceAddressPrefix" : path, "lets the internet in to a sensitive port");
}

function isInternet(value: KnownValue): boolean {
  const source = comparable(value) ?? "";
  if (["*", "any", "internet", "::/0", "0.0.0.0"].includes(source)) return true;
  const range = parseBlock(source.trim());
  return range !== undefined && isInternetWide(range);
}

/** Any port over UDP (amplification attacks need no particular one); over TCP the sensitive ones. */
function reachesSensitivePort(property: (name: string) => Reading): Decision {
  const protocol = property("protocol");
  if (protocol.state === "known") {
    const name = comparable(protocol.value) ?? "";
    if (name === "udp") return { decision: "yes" };
    // ICMP, ESP and AH have no ports.
    if (["icmp", "esp", "ah"].includes(name)) return { decision: "no" };
  }
  const ports = [property("destinationPortRange"), ...items(property("destinationPortRanges"))];
  const toSensitive = anyReading(ports, coversSensitivePort);
  if (protocol.state === "known" && comparable(protocol.value) === "*") return anyPort(ports, toSensitive);
  if (toSensitive.decision !== "no") return toSensitive;
  return protocol.state === "unknown" ? { decision: "unknown", path: protocol.path } : toSensitive;
}

/** `*` as the protocol includes UDP, so a port that is harmless over TCP is not. */
function anyPort(ports: readonly Reading[], toSensitive: Decision): Decision {
  return ports.some((port) => port.state === "known") ? { decision: "yes" } : toSensitive;
}

function coversSensitivePort(value: KnownValue): boolean {
  const range = comparable(value) ?? "";
  if (range === "*") return true;
  const [from = "", to = from] = range.split("-");
  return sensitivePorts.some((port) => port >= Number(from) && port <= Number(to));
}
