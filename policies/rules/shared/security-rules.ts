import { privateServices } from "../../../lib/private-services";
import { allOf, compliant, decide, each, notApplicable, type RuleOutcome, violation } from "../../outcome";
import type { PolicyResource } from "../../rule";
import { areInternetWide } from "./open-sources";
import {
  allHold,
  anyHolds,
  anyReading,
  comparable,
  items,
  type KnownValue,
  knownTextsOf,
  mayHold,
  type Reading,
  read,
  readWithin,
  splitAtCommas,
  textsOf,
} from "./property-reading";

/**
 * Ports behind which data and machines are: every well-known port (below 1024), and of the others those of databases, caches, queues,
 * remote desktops, and the management of containers and clusters.
 * Sources: IANA's service names and ports; the ports that Prowler, Cloud Custodian and Checkov ask about; what this project runs.
 */
const sensitivePorts: readonly (readonly [first: number, last: number])[] = [
  [0, 1023],
  ...[1433, 1434, 1521, 1883, 2049, 3000, 3268, 3269, 3306, 3389, 4333, 5000, 5500, 5601, 6432, 6443].map(single),
  ...[8000, 8080, 8086, 8088, 8099, 8883, 8888, 9000, 9042, 9090, 9160, 10250, 10255, 11211, 11434, 15672].map(single),
  ...[27017, 27018, 27019, 28017, 33060, 50000, 50070, 61616].map(single),
  [2375, 2380],
  [5431, 5439],
  [5671, 5672],
  [5800, 5999],
  [6379, 6380],
  [7000, 7001],
  [9091, 9094],
  [9200, 9300],
  ...Object.values(privateServices).flatMap(({ ports }) => ports.map(portRange)),
];

function single(port: number): readonly [number, number] {
  return [port, port];
}

function portRange(text: string): readonly [first: number, last: number] {
  const [first = "", last = first] = text.split("-");
  return [Number(first || "NaN"), Number(last || "NaN")];
}

/** A property of one security rule, by its name. */
type PropertyOf = (name: string) => Reading;

/** Requires a security rule, or all that are written in a group, to let the internet in to no sensitive port. */
export function requireNoOpenPort(resource: PolicyResource): RuleOutcome {
  if (resource.type.endsWith(":SecurityRule"))
    return evaluateRule((name) => read(resource, name), "sourceAddressPrefix");
  const rules = inlineRules(resource);
  if (rules.length === 0) return notApplicable("it has no rules of its own");
  const alone = allOf(each(rules, (rule) => evaluateRule((name) => readWithin(rule, name), rule.path)));
  const ranges = rules.map(
    (rule): PropertyOf =>
      (name) =>
        readWithin(rule, name),
  );
  // A range can be split over rules, so that none alone is open.
  const together = () =>
    areOpenTogether(ranges)
      ? violation(rules[0]?.path ?? "", "lets the internet in to a sensitive port, together with the rules beside it")
      : compliant;
  return alone.outcome === "violation" ? alone : allOf([alone, decide(together)]);
}

/** The rules of a group, wherever a group can be written: on its own, in a subnet, in a subnet of a network. */
function inlineRules(resource: PolicyResource): readonly Reading[] {
  if (resource.type.endsWith(":NetworkSecurityGroup")) return items(read(resource, "securityRules"));
  const groups = resource.type.endsWith(":Subnet")
    ? [read(resource, "networkSecurityGroup")]
    : items(read(resource, "subnets")).map((subnet) => readWithin(subnet, "networkSecurityGroup"));
  return groups.flatMap((group) => items(readWithin(group, "securityRules")));
}

/** Whether the sources of all rules that let somebody in to a sensitive port are, together, the internet. */
export function areOpenTogether(rules: readonly PropertyOf[]): boolean {
  const areWide = (some: readonly PropertyOf[]) => areInternetWide(splitAtCommas(textsOf(some.flatMap(sourcesOf))));
  const possible = rules.filter((rule) => mayHold(() => letsIn(rule)));
  // What may be of no account is asked only when it matters.
  return areWide(possible) && areWide(possible.filter(letsIn));
}

function evaluateRule(property: PropertyOf, path: string): RuleOutcome {
  const isOpen = allHold([
    () => anyReading([property("direction")], (value) => comparable(value) === "inbound"),
    () => anyReading([property("access")], (value) => comparable(value) === "allow"),
    () => fromInternet(property),
    () => reachesSensitivePort(property),
  ]);
  return isOpen ? violation(path, "lets the internet in to a sensitive port") : compliant;
}

/** Whether a rule lets somebody in to a sensitive port. */
export function letsIn(property: PropertyOf): boolean {
  return allHold([
    () => anyReading([property("direction")], (value) => comparable(value) === "inbound"),
    () => anyReading([property("access")], (value) => comparable(value) === "allow"),
    () => reachesSensitivePort(property),
  ]);
}

function sourcesOf(property: PropertyOf): readonly Reading[] {
  return [property("sourceAddressPrefix"), ...items(property("sourceAddressPrefixes"))];
}

function fromInternet(property: PropertyOf): boolean {
  const sources = sourcesOf(property);
  return anyHolds([
    () => areInternetWide(splitAtCommas(knownTextsOf(sources))),
    () => areInternetWide(splitAtCommas(textsOf(sources))),
  ]);
}

/** Any port over UDP (amplification attacks need no particular one); over TCP the sensitive ones. */
function reachesSensitivePort(property: PropertyOf): boolean {
  const protocol = property("protocol");
  const isProtocol = (...names: readonly string[]) =>
    anyReading([protocol], (value) => names.includes(comparable(value) ?? ""));
  const ports = [property("destinationPortRange"), ...items(property("destinationPortRanges"))];
  return anyHolds([
    () => isProtocol("udp"),
    // `*` includes UDP, so a port that is harmless over TCP is not.
    () => isProtocol("*") && anyReading(ports, () => true),
    // ICMP, ESP and AH have no ports.
    () => allHold([() => anyReading(ports, coversSensitivePort), () => !isProtocol("icmp", "icmpv6", "esp", "ah")]),
  ]);
}

function coversSensitivePort(value: KnownValue): boolean {
  return splitAtCommas([comparable(value) ?? ""]).some((text) => {
    const [from, to] = portRange(text);
    // What is no number counts as every port.
    return Number.isNaN(from + to) || sensitivePorts.some(([first, last]) => from <= last && to >= first);
  });
}
