import { isIPv6 } from "node:net";
import type { PropertyMap } from "../../../deployment/values/property-value";
import { isUnrouted, parseAddress, parseBlock } from "../../../lib/ipv4";
import { ServiceError } from "../../engine/provider";
import { flagAt, mapAt, numberAt, textAt } from "../property-path";

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

export function isProxiable(type: string): boolean {
  return proxiableTypes.includes(type);
}

/** Refuses what Cloudflare's DNS validation refuses of one record by itself. `name` is fully qualified. */
export function validateRecord(inputs: PropertyMap, name: string): void {
  const type = textAt(inputs, "type") ?? "";
  validateContent(type, name, inputs);
  validateProxy(type, inputs);
  if (numberAt(inputs, "priority") === undefined && type === "MX") {
    throw new ServiceError("9101", 400, "DNS Validation Error: priority is a required data field for MX records.");
  }
}

function validateContent(type: string, name: string, inputs: PropertyMap): void {
  const content = textAt(inputs, "content");
  if (dataTypes.includes(type)) {
    if (Object.keys(mapAt(inputs, "data")).length > 0) return;
    throw new ServiceError("9101", 400, `DNS Validation Error: data is required for ${type} records.`);
  }
  if (content === undefined || content === "") {
    throw new ServiceError("9000", 400, "DNS Validation Error: content is a required field.");
  }
  if (type === "A" && parseAddress(content) === undefined) {
    throw new ServiceError("9005", 400, "Content for A record must be a valid IPv4 address.");
  }
  if (type === "AAAA" && !isIPv6(content)) {
    throw new ServiceError("9006", 400, "Content for AAAA record must be a valid IPv6 address.");
  }
  if (["CNAME", "MX", "NS"].includes(type) && !isHostName(content)) {
    throw new ServiceError("9007", 400, `Content for ${type} record is invalid.`);
  }
  if (type === "CNAME" && content.toLowerCase() === name) {
    throw new ServiceError("9039", 400, "CNAME content cannot reference itself.");
  }
}

function validateProxy(type: string, inputs: PropertyMap): void {
  const proxied = flagAt(inputs, "proxied") ?? false;
  const ttl = numberAt(inputs, "ttl") ?? ttlRange.automatic;
  if (proxied && !isProxiable(type)) throw new ServiceError("9004", 400, "This record type cannot be proxied.");
  if (proxied && ttl !== ttlRange.automatic) {
    throw new ServiceError("9021", 400, `TTL must be set to 1 (automatic) when the record is proxied, got ${ttl}.`);
  }
  if (ttl !== ttlRange.automatic && (ttl < ttlRange.minimum || ttl > ttlRange.maximum)) {
    throw new ServiceError("9021", 400, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.");
  }
  const content = textAt(inputs, "content") ?? "";
  const target = type === "A" ? parseBlock(content) : undefined;
  if (proxied && target !== undefined && isUnrouted(target)) {
    throw new ServiceError("9003", 400, `Target ${content} is not allowed for a proxied record.`);
  }
}

function isHostName(text: string): boolean {
  const label = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
  return text.length <= 253 && new RegExp(`^${label}(\\.${label})*\\.?$`, "i").test(text);
}
