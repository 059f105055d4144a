import type { DnsRecordArgs } from "@pulumi/cloudflare/dnsRecord";
import type * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import { recordProblems, zoneRecordSchema } from "./schema";

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
 * @throws when the record is none that {@link zoneRecordSchema} allows
 */
export function dnsRecordArgs(zoneId: pulumi.Input<string>, zone: string, record: ZoneRecord): DnsRecordArgs {
  const name = absoluteName(zone, record.name);
  // The schema looks at a record's parts together only when it knows all of them.
  const together = typeof record.content === "string" ? [] : recordProblems(record);
  refuse(`DnsRecord "${record.type} ${name}"`, [...argumentProblems(zoneRecordSchema, record), ...together], record);
  const proxied = record.proxied ?? false;
  return {
    zoneId,
    name,
    type: record.type,
    content: typeof record.content === "string" ? storedContent(record.type, record.content) : record.content,
    proxied,
    ttl: proxied ? automaticTtl : (record.ttl ?? defaultTtl),
    ...(record.priority === undefined ? {} : { priority: record.priority }),
    ...(record.comment === undefined ? {} : { comment: record.comment }),
  };
}

/** The longest string of a TXT record (RFC 1035); a longer text is several of them. */
const longestString = 255;

/** Content as Cloudflare keeps it, which else would look changed at every refresh: host names without a dot at the end, long texts in parts. */
function storedContent(type: ZoneRecord["type"], content: string): string {
  if (type === "CNAME" || type === "MX") return content.replace(/\.$/, "");
  if (type !== "TXT" || content.startsWith('"') || content.length <= longestString) return content;
  const parts = Math.ceil(content.length / longestString);
  return Array.from(
    { length: parts },
    (_, index) => `"${content.slice(index * longestString, (index + 1) * longestString)}"`,
  ).join(" ");
}
