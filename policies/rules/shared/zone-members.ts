import { compliant, type RuleOutcome, violation } from "../../outcome";
import type { StackMember } from "../../rule";
import type { StackMembers } from "../../stack-members";
import { anyReading, comparable, read } from "./property-reading";

/** What belongs to a zone of Cloudflare. */
export function zoneMembers(zone: StackMember, members: StackMembers, type: string): readonly StackMember[] {
  return members.ofType(type).filter((member) => member.sources("zoneId").includes(zone.urn));
}

const nameTypes = ["cloudflare:index/dnsRecord:DnsRecord", "cloudflare:index/loadBalancer:LoadBalancer"];

/** Whether any name of a zone stands behind the edge: only then does the edge have something to say to visitors. */
export function hasProxiedName(zone: StackMember, members: StackMembers): boolean {
  const names = nameTypes.flatMap((type) => zoneMembers(zone, members, type));
  return anyReading(
    names.map((name) => read(name, "proxied")),
    (value) => comparable(value) === "true",
  );
}

/** Requires one of a zone's members to hold a value. */
export function requireZoneMember(
  zone: StackMember,
  among: readonly StackMember[],
  wanted: { readonly property: string; readonly is: string; readonly missing: string },
): RuleOutcome {
  const readings = among.map((member) => read(member, wanted.property));
  return anyReading(readings, (value) => comparable(value) === wanted.is)
    ? compliant
    : violation(zone.name, wanted.missing);
}
