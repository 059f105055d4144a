import { isIPv6 } from "node:net";
import type { DnsRecordArgs } from "@pulumi/cloudflare/dnsRecord";
import type * as pulumi from "@pulumi/pulumi";
import { parseAddress } from "../../lib/ipv4";
import type { Problem } from "../../lib/located-yaml/problem";
import { refuse } from "../../lib/refusal";

/** A record to be made in a zone. */
export interface ZoneRecord {
  readonly type: "A" | "AAAA" | "CNAME" | "TXT" | "MX";
  /** Relative to the zone (`www`), the zone itself (`@`), or absolute (`www.alai.no`). */
  readonly name: string;
  /** The address, the target or the text. */
  readonly content: pulumi.Input<string>;
  /** Whether Cloudflare stands in front of it. A, AAAA and CNAME only. Default: false. */
  readonly proxied?: boolean;
  /** Seconds, 60 to 86,400; not allowed with `proxied`, where Cloudflare sets it. Default: 300. */
  readonly ttl?: number;
  /** MX only, where it is required: the lowest is asked first. */
  readonly priority?: number;
  /** Shown beside the record in Cloudflare's dashboard. */
  readonly comment?: string;
}

/** Cloudflare's way of saying "automatic": the only TTL a proxied record can have. */
const automaticTtl = 1;

/** Five minutes: short enough to correct a mistake, long enough to be cached. */
const defaultTtl = 300;

/** The shortest TTL that plans below Enterprise allow. */
export const shortestTtl = 60;
const longestTtl = 86_400;

/**
 * The absolute name of a record: Cloudflare stores nothing else, and a short name would look changed at every refresh.
 *
 * @throws when the name is absolute and lies in another zone
 */
export function absoluteName(zone: string, name: string): string {
  const lower = name.toLowerCase().replace(/\.$/, "");
  if (lower === "@" || lower === zone) return zone;
  if (lower.endsWith(`.${zone}`)) return lower;
  return `${lower}.${zone}`;
}

/**
 * The arguments of a DNS record, with the absolute name and the TTL that Cloudflare expects.
 *
 * @throws when a proxied record has a TTL, when a type cannot be proxied, when a TTL is out of range, and when an MX record has
 * no priority or another record has one, and when the content of an A or AAAA record is no address
 */
export function dnsRecordArgs(zoneId: pulumi.Input<string>, zone: string, record: ZoneRecord): DnsRecordArgs {
  const name = absoluteName(zone, record.name);
  refuse(`DnsRecord "${record.type} ${name}"`, recordProblems(record), record);
  const proxied = record.proxied ?? false;
  return {
    zoneId,
    name,
    type: record.type,
    content: record.content,
    proxied,
    ttl: proxied ? automaticTtl : (record.ttl ?? defaultTtl),
    ...(record.priority === undefined ? {} : { priority: record.priority }),
    ...(record.comment === undefined ? {} : { comment: record.comment }),
  };
}

/** What is wrong with a record. Content that is not known yet is not looked at. */
export function recordProblems(record: ZoneRecord): readonly Problem[] {
  const option = optionProblem(record);
  return [...(option === undefined ? [] : [{ path: [], message: option }]), ...addressProblems(record)];
}

/** Cloudflare refuses an A or AAAA record whose content is no address (error 9005, 9006). */
function addressProblems({ type, content }: ZoneRecord): readonly Problem[] {
  if (typeof content !== "string") return [];
  const problem = (expected: string) => [{ path: ["content"], message: `${expected}, got ${JSON.stringify(content)}` }];
  if (type === "A" && parseAddress(content) === undefined)
    return problem("expected the IPv4 address that an A record leads to");
  // Node.js also takes an interface after the address: fe80::1%eth0.
  if (type === "AAAA" && (!isIPv6(content) || content.includes("%")))
    return problem("expected the IPv6 address that an AAAA record leads to");
  return [];
}

function optionProblem(record: Omit<ZoneRecord, "content">): string | undefined {
  const canBeProxied = record.type === "A" || record.type === "AAAA" || record.type === "CNAME";
  if (record.proxied === true && !canBeProxied) return "only A, AAAA and CNAME records can be proxied";
  if (record.proxied === true && record.ttl !== undefined)
    return "a proxied record has no ttl of its own; leave it out";
  if (record.ttl !== undefined && (record.ttl < shortestTtl || record.ttl > longestTtl)) {
    return `ttl is ${record.ttl}; expected ${shortestTtl} to ${longestTtl} seconds`;
  }
  if (record.type === "MX" && record.priority === undefined) return "an MX record needs a priority";
  if (record.type !== "MX" && record.priority !== undefined) return "only MX records have a priority";
  return undefined;
}
