import { isIPv6 } from "node:net";
import { z } from "zod";
import { cloudflarePlans } from "../../lib/cloudflare-plans";
import { parseAddress } from "../../lib/ipv4";
import type { Problem } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { retirementSchema } from "../../lib/retirement";
import { hostnameProblems, loadBalancerSchema } from "../load-balancer/schema";
import { edgeSchema, planProblems } from "./edge-schema";
import { hostnameSchema } from "./hostname";
import type { ZoneRecord } from "./zone-record";

const recordNameSchema = z
  .string()
  .regex(/^(@|\*|(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*)$/, {
    message: 'expected a name in the zone ("www"), or "@" for the zone itself',
  });

/** The shortest TTL that plans below Enterprise allow. */
export const shortestTtl = 60;
const longestTtl = 86_400;

/** A DNS record of a zone. */
export const zoneRecordSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .exactOptional()
      .meta({ description: "Tells records of one name and type apart. Default: <type>-<name>" }),
    type: z.enum(["A", "AAAA", "CNAME", "TXT", "MX"]),
    name: recordNameSchema.meta({ description: 'The name in the zone ("www"), or "@" for the zone itself' }),
    content: z.string().min(1).meta({ description: "The address, the target or the text" }),
    proxied: z
      .boolean()
      .exactOptional()
      .meta({ description: "Whether Cloudflare stands in front of it. Default: false" }),
    ttl: z
      .int()
      .min(shortestTtl)
      .max(longestTtl)
      .exactOptional()
      .meta({ description: "Seconds, 60 to 86400, only when not proxied. Default: 300" }),
    priority: z.int().min(0).max(65_535).exactOptional().meta({ description: "MX only: the lowest is asked first" }),
    comment: z.string().max(100).exactOptional().meta({ description: "Shown beside the record in Cloudflare" }),
    adopt: z
      .string()
      .regex(/^[0-9a-f]+\/[0-9a-f]+$/, "expected <zone id>/<record id>")
      .exactOptional()
      .meta({ description: "The id of a record that exists and says the same: <zone id>/<record id>" }),
  })
  .superRefine((record, refinement) => addProblems(refinement, recordProblems(record)))
  .meta({ description: "A DNS record" });

const tlsSchema = z
  .strictObject({
    mode: z
      .enum(["full", "strict"])
      .exactOptional()
      .meta({ description: "From Cloudflare to the origin. Default: strict" }),
    minimumVersion: z
      .enum(["1.2", "1.3"])
      .exactOptional()
      .meta({ description: "Oldest version allowed. Default: 1.2" }),
    hsts: z
      .strictObject({
        maxAge: z.int().min(300).max(63_072_000).meta({ description: "Seconds; a year is 31536000" }),
        includeSubdomains: z.boolean(),
        preload: z.boolean(),
      })
      .exactOptional()
      .meta({ description: "Tells browsers to use HTTPS only. Default: not sent" }),
    opportunisticEncryption: z
      .boolean()
      .exactOptional()
      .meta({ description: "Whether plain HTTP links are offered encryption. Default: as Cloudflare has it, on" }),
    originPulls: z
      .boolean()
      .exactOptional()
      .meta({ description: "Whether Cloudflare shows origins its certificate, for those that ask. Default: false" }),
  })
  .meta({ description: "How the zone speaks TLS" });

const rulesetIdSchema = z.string().regex(/^zones\/[0-9a-f]+\/[0-9a-f]+$/, "expected zones/<zone id>/<ruleset id>");

/** What is said of a zone, each part by itself. */
export const zoneParts = z.strictObject({
  domain: hostnameSchema.meta({ description: "The zone's name, for example alai.no" }),
  adopt: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "expected the 32 hex digits of a zone id")
    .exactOptional()
    .meta({ description: "The id of a zone that exists. Absent: the zone is made" }),
  dnssec: z.boolean().exactOptional().meta({ description: "Whether answers are signed. Default: true" }),
  plan: z
    .enum(cloudflarePlans)
    .exactOptional()
    .meta({ description: "The zone's plan at Cloudflare: what its edge can do, and how many rules. Default: free" }),
  tls: tlsSchema.exactOptional(),
  records: z.array(zoneRecordSchema).default([]).meta({ description: "Records that belong to no site or service" }),
  browserIntegrityCheckOff: z
    .array(hostnameSchema)
    .default([])
    .meta({ description: "Host names called by programs, which the check would refuse (rule INFRA-CF-001)" }),
  adoptRulesets: z
    .strictObject({
      http_config_settings: rulesetIdSchema.exactOptional(),
      http_ratelimit: rulesetIdSchema.exactOptional(),
      http_request_cache_settings: rulesetIdSchema.exactOptional(),
      http_request_dynamic_redirect: rulesetIdSchema.exactOptional(),
      http_request_firewall_custom: rulesetIdSchema.exactOptional(),
      http_request_firewall_managed: rulesetIdSchema.exactOptional(),
    })
    .exactOptional()
    .meta({ description: "Rulesets that an adopted zone has already, by phase. Their rules must be the same" }),
  edge: edgeSchema.exactOptional(),
  loadBalancers: z
    .array(loadBalancerSchema)
    .exactOptional()
    .meta({ description: "Names of the zone that several pools of origins serve. The account needs the add-on" }),
  retired: retirementSchema.exactOptional(),
});

/** An entry of the zones inventory. */
export const zoneSchema = zoneParts
  .superRefine((zone, refinement) => {
    const elsewhere = (zone.loadBalancers ?? []).flatMap(({ hostname }, index) =>
      hostnameProblems(hostname, zone.domain).map((one) => ({ ...one, path: ["loadBalancers", index, ...one.path] })),
    );
    addProblems(refinement, [...planProblems(zone), ...elsewhere]);
  })
  .meta({ description: "A DNS zone at Cloudflare", makes: [{ type: "landscape:dns-zone:DnsZone", key: "domain" }] });

export type Zone = z.infer<typeof zoneSchema>;

/** Source: Cloudflare documentation, "DNS record types: TXT". */
const longestText = 2048;

/** What inventories and programs say of a record. */
type RecordEntry = Pick<ZoneRecord, "type" | "content" | "proxied" | "ttl" | "priority">;

/** What is wrong with the parts of a record beside each other. Content that is not known yet is not looked at. */
export function recordProblems(record: RecordEntry): readonly Problem[] {
  const option = optionProblem(record);
  return [...(option === undefined ? [] : [{ path: [], message: option }]), ...contentProblems(record)];
}

/** Cloudflare refuses an A or AAAA record whose content is no address (error 9005, 9006), and longer texts. */
function contentProblems({ type, content }: RecordEntry): readonly Problem[] {
  if (typeof content !== "string") return [];
  const problem = (expected: string) => [
    {
      path: ["content"],
      message: `${expected}, got ${content.length > 100 ? `${content.length} characters` : JSON.stringify(content)}`,
    },
  ];
  if (type === "A" && parseAddress(content) === undefined)
    return problem("expected the IPv4 address that an A record leads to");
  if (type === "TXT" && content.length > longestText) return problem(`expected at most ${longestText} characters`);
  // Node.js also takes an interface after the address: fe80::1%eth0.
  if (type === "AAAA" && (!isIPv6(content) || content.includes("%")))
    return problem("expected the IPv6 address that an AAAA record leads to");
  return [];
}

function optionProblem(record: Omit<RecordEntry, "content">): string | undefined {
  const canBeProxied = record.type === "A" || record.type === "AAAA" || record.type === "CNAME";
  if (record.proxied === true && !canBeProxied) return "only A, AAAA and CNAME records can be proxied";
  if (record.proxied === true && record.ttl !== undefined)
    return "a proxied record has no ttl of its own; leave it out";
  if (record.type === "MX" && record.priority === undefined) return "an MX record needs a priority";
  if (record.type !== "MX" && record.priority !== undefined) return "only MX records have a priority";
  return undefined;
}
