import { type PropertyMap, type PropertyValue, Secret } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldTransaction } from "../../world/world";
import { mapAt, textAt } from "../property-path";
import type { ServiceContext, TypeRule } from "../type-rule";
import { isProxiable, validateRecord } from "./dns-content";
import { lastPart, recordKind, requireZone } from "./service-lookup";

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
  settled: (outputs, { world, inputs }) => ({ ...outputs, name: qualifiedName(world, inputs) }),
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
export function qualifiedName(world: WorldTransaction, inputs: PropertyMap): string {
  return nameInZone(zoneName(world, inputs), inputs);
}

function zoneName(world: WorldTransaction, inputs: PropertyMap): string {
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
  const others = world
    .list(recordKind)
    .filter(({ properties }) => properties.zoneId === zoneId && nameInZone(zone, properties) === name)
    .filter((other) => other.id !== id);
  if (others.some((other) => isIdentical(other, inputs))) {
    throw new ServiceError("81058", 400, `An identical record already exists: ${type} ${name}.`);
  }
  const types = others.map((other) => textAt(other.properties, "type") ?? "");
  if (type === "CNAME" && types.some((other) => ["A", "AAAA", "CNAME"].includes(other))) {
    throw new ServiceError("81053", 400, `An A, AAAA, or CNAME record with that host already exists: ${name}.`);
  }
  if (["A", "AAAA"].includes(type) && types.includes("CNAME")) {
    throw new ServiceError("81054", 400, `A CNAME record with that host already exists: ${name}.`);
  }
}

function isIdentical(other: WorldObject, inputs: PropertyMap): boolean {
  const sameText = ["type", "content"].every((key) => textAt(other.properties, key) === textAt(inputs, key));
  return sameText && JSON.stringify(mapAt(other.properties, "data")) === JSON.stringify(mapAt(inputs, "data"));
}
