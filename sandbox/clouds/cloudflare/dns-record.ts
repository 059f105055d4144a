import { isIPv6 } from "node:net";
import { type PropertyMap, type PropertyValue, Secret } from "../../../deployment/values/property-value";
import { isUnrouted, parseAddress, parseBlock } from "../../../lib/ipv4";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldReading } from "../../world/world";
import { flagAt, listAt, mapAt, numberAt, textAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { lastPart, planOf, recordKind, requireZone } from "./service-lookup";

export const dnsRecordRule: TypeRule = {
  type: recordKind,
  identity: { kind: "generated", id: (random) => random.hex(32), fromImport: lastPart },
  required: ["zoneId", "name", "type", "ttl"],
  allowed: {
    type: [
      ...["A", "AAAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "TXT", "CAA", "CERT", "DNSKEY", "DS", "HTTPS"],
      ...["LOC", "NAPTR", "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "URI"],
    ],
  },
  check: (inputs) =>
    inputs.content !== undefined && inputs.data !== undefined
      ? [{ property: "content", reason: "only one of 'content' and 'data' can be given" }]
      : [],
  createOnly: ["zoneId"],
  unordered: ["tags"],
  defaults: { proxied: false },
  service: {
    create: (context) => refuseConflict(context),
    update: (context) => refuseConflict(context),
  },
  // The name is given back as it was written and found fully qualified at the next read, as the provider does it: a short name is
  // a difference that never goes away.
  eventualOutputs: (outputs, { world, inputs }) => ({
    ...outputs,
    name: qualifiedName(world, inputs),
    ...(outputs.content === undefined ? {} : { content: storedContent(textAt(inputs, "type") ?? "", outputs.content) }),
  }),
  computed: {
    names: ["proxiable", "createdOn", "modifiedOn"],
    stable: ["createdOn"],
    values: ({ inputs, existing }) => ({
      proxiable: isProxiable(textAt(inputs, "type") ?? ""),
      createdOn: textAt(existing?.properties ?? {}, "createdOn") ?? new Date().toISOString(),
      modifiedOn: new Date().toISOString(),
    }),
  },
};

/** The record's full name: `@` is the zone itself, a name outside the zone is taken to be inside it. */
export function qualifiedName(world: WorldReading, inputs: PropertyMap): string {
  return nameInZone(zoneName(world, inputs), inputs);
}

function zoneName(world: WorldReading, inputs: PropertyMap): string {
  return textAt(requireZone(world, textAt(inputs, "zoneId") ?? "").properties, "name") ?? "";
}

function nameInZone(zone: string, inputs: PropertyMap): string {
  const given = plainText(inputs.name).toLowerCase();
  const name = given.endsWith(".") ? given.slice(0, -1) : given;
  if (name === "@" || name === zone) return zone;
  return name.endsWith(`.${zone}`) ? name : `${name}.${zone}`;
}

function plainText(value: PropertyValue | undefined): string {
  const text = value instanceof Secret ? value.value : value;
  return typeof text === "string" ? text : "";
}

function refuseConflict({ world, id, inputs }: ServiceContext): void {
  const zone = zoneName(world, inputs);
  const name = nameInZone(zone, inputs);
  validateRecord(inputs, name);
  const type = textAt(inputs, "type") ?? "";
  const zoneId = textAt(inputs, "zoneId");
  // Every record is compared with all others: what is asked of each must cost next to nothing.
  const inZone = world.list(recordKind).filter((other) => other.properties.zoneId === zoneId && other.id !== id);
  refuseBelowDelegation(zone, name, type, inZone);
  const others = inZone.filter(({ properties }) => nameInZone(zone, properties) === name);
  if (others.some((other) => isIdentical(other, inputs))) {
    throw new ServiceError("81058", `An identical record already exists: ${type} ${name}.`);
  }
  const types = others.map((other) => textAt(other.properties, "type") ?? "");
  if (type === "CNAME" && types.some((other) => ["A", "AAAA", "CNAME"].includes(other))) {
    throw new ServiceError("81053", `An A, AAAA, or CNAME record with that host already exists: ${name}.`);
  }
  // A name that is delegated has nothing else, but what the delegation itself needs. Sources: Cloudflare documentation, "NS records
  // already exist"; for 81055, which has no page, answers of the API that people published.
  const besideDelegation = (one: string) => !["NS", "DS", "NSEC"].includes(one);
  if (name !== zone && type === "NS" && types.some(besideDelegation)) {
    throw new ServiceError("81055", `${name}: Non-NS records with that host already exist.`);
  }
  if (name !== zone && types.includes("NS") && besideDelegation(type)) {
    throw new ServiceError("81056", "NS records with that host already exist.");
  }
  refuseLongTogether(inputs, others);
  const tags = listAt(inputs, "tags").length;
  if (tags > 0 && planOf(requireZone(world, zoneId ?? "")) === "free")
    throw new ServiceError("9300", `DNS record has ${tags} tags, exceeding the quota of 0.`);
  if (["A", "AAAA"].includes(type) && types.includes("CNAME")) {
    throw new ServiceError("81054", `A CNAME record with that host already exists: ${name}.`);
  }
}

/** Below a name that is delegated, others say what is there; only the addresses of their servers may be told. Source: external-dns#2427. */
function refuseBelowDelegation(zone: string, name: string, type: string, inZone: readonly WorldObject[]): void {
  const above = inZone
    .filter(({ properties }) => properties.type === "NS" && name.endsWith(`.${nameInZone(zone, properties)}`))
    .filter(({ properties }) => nameInZone(zone, properties) !== zone);
  const isGlue = ["A", "AAAA"].includes(type) && above.some(({ properties }) => textAt(properties, "content") === name);
  if (above.length === 0 || isGlue) return;
  throw new ServiceError("89018", "Cannot create a non-glue record that is beneath a delegated child zone.");
}

/** What records of one name and type may hold together, in characters. Source: cisagov/manage.get.gov#5165, with the answer. */
const longestTogether = 8192;

function refuseLongTogether(inputs: PropertyMap, others: readonly WorldObject[]): void {
  const same = others.filter(({ properties }) => properties.type === inputs.type);
  const lengths = [inputs, ...same.map(({ properties }) => properties)].map(contentLength);
  if (lengths.reduce((sum, length) => sum + length, 0) <= longestTogether) return;
  throw new ServiceError(
    "81061",
    `Combined content length of records with this name and type must not exceed ${longestTogether} characters.`,
  );
}

/** Without what stands around the strings of a text. */
function contentLength(record: PropertyMap): number {
  return (textAt(record, "content") ?? "").replace(/^"|"$|" "/g, "").length;
}

function isIdentical(other: WorldObject, inputs: PropertyMap): boolean {
  const sameText = ["type", "content"].every((key) => textAt(other.properties, key) === textAt(inputs, key));
  return sameText && JSON.stringify(mapAt(other.properties, "data")) === JSON.stringify(mapAt(inputs, "data"));
}

/** Types whose content is structured: they take `data` and no `content`. */
const dataTypes = [
  "CAA",
  "CERT",
  "DNSKEY",
  "DS",
  "HTTPS",
  "LOC",
  "NAPTR",
  "SMIMEA",
  "SRV",
  "SSHFP",
  "SVCB",
  "TLSA",
  "URI",
];
const proxiableTypes = ["A", "AAAA", "CNAME"];
/** Automatic, or 60 seconds to a day. Enterprise zones go down to 30, and no zone here is one. */
const ttlRange = { automatic: 1, minimum: 60, maximum: 86_400 };

function isProxiable(type: string): boolean {
  return proxiableTypes.includes(type);
}

/** Refuses what Cloudflare's DNS validation refuses of one record by itself. `name` is fully qualified. */
function validateRecord(inputs: PropertyMap, name: string): void {
  const type = textAt(inputs, "type") ?? "";
  validateContent(type, name, inputs);
  validateProxy(type, inputs);
  if (numberAt(inputs, "priority") === undefined && type === "MX") {
    throw new ServiceError("9101", "DNS Validation Error: priority is a required data field for MX records.");
  }
}

function validateContent(type: string, name: string, inputs: PropertyMap): void {
  const content = textAt(inputs, "content");
  if (dataTypes.includes(type)) {
    if (Object.keys(mapAt(inputs, "data")).length > 0) return;
    throw new ServiceError("9101", `DNS Validation Error: data is required for ${type} records.`);
  }
  if (content === undefined || content === "") {
    throw new ServiceError("9000", "DNS Validation Error: content is a required field.");
  }
  if (type === "A" && parseAddress(content) === undefined) {
    throw new ServiceError("9005", "Content for A record must be a valid IPv4 address.");
  }
  if (type === "AAAA" && !isIPv6(content)) {
    throw new ServiceError("9006", "Content for AAAA record must be a valid IPv6 address.");
  }
  if (["CNAME", "MX", "NS"].includes(type) && !isHostName(content)) {
    throw new ServiceError("9007", `Content for ${type} record is invalid.`);
  }
  if (type === "TXT" && contentLength(inputs) > longestText) {
    throw new ServiceError(
      "9101",
      `DNS Validation Error: content for TXT record is longer than ${longestText} characters.`,
    );
  }
  if (type === "CNAME" && content.toLowerCase() === name) {
    throw new ServiceError("9039", "CNAME content cannot reference itself.");
  }
}

/**
 * The longest text of a record, 4,096 bytes as it is sent, and the longest string that it is kept in. Sources: cloudflare-docs#29286 and
 * #30039; RFC 1035. Nobody reports what the API says of a longer one.
 */
const longestText = 4080;
const longestString = 255;

/** Host names are kept without a dot at the end, long texts in strings of their own. */
function storedContent(type: string, given: PropertyValue): PropertyValue {
  const content = plainText(given);
  const isLong = type === "TXT" && content.length > longestString && !content.startsWith('"');
  const isRooted = ["CNAME", "MX", "NS"].includes(type) && content.endsWith(".");
  if (!isLong && !isRooted) return given;
  const strings = content.match(new RegExp(`[^]{1,${longestString}}`, "g")) ?? [];
  const stored = isLong ? strings.map((string) => `"${string}"`).join(" ") : content.slice(0, -1);
  return given instanceof Secret ? new Secret(stored) : stored;
}

function validateProxy(type: string, inputs: PropertyMap): void {
  const proxied = flagAt(inputs, "proxied") ?? false;
  const ttl = numberAt(inputs, "ttl") ?? ttlRange.automatic;
  if (proxied && !isProxiable(type)) throw new ServiceError("9004", "This record type cannot be proxied.");
  if (proxied && ttl !== ttlRange.automatic) {
    throw new ServiceError("9021", `TTL must be set to 1 (automatic) when the record is proxied, got ${ttl}.`);
  }
  if (ttl !== ttlRange.automatic && (ttl < ttlRange.minimum || ttl > ttlRange.maximum)) {
    throw new ServiceError("9021", "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.");
  }
  const content = textAt(inputs, "content") ?? "";
  const target = type === "A" ? parseBlock(content) : undefined;
  if (proxied && target !== undefined && isUnrouted(target)) {
    throw new ServiceError("9003", `Target ${content} is not allowed for a proxied record.`);
  }
}

function isHostName(text: string): boolean {
  const label = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
  return text.length <= 253 && new RegExp(`^${label}(\\.${label})*\\.?$`, "i").test(text);
}
