import { ServiceError } from "../../engine/provider";
import { textAt } from "../read-property";
import type { TypeRule } from "../type-rule";
import { recordKind, requireAccount, zoneKind } from "./service-lookup";

const nameServers = ["ana.ns.cloudflare.com", "bob.ns.cloudflare.com"];
const domainName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/;

export const zoneRule: TypeRule = {
  type: zoneKind,
  identity: { kind: "generated", id: (random) => random.hex(32) },
  required: ["name", "account", "account.id"],
  allowed: { type: ["full", "partial", "secondary", "internal"] },
  createOnly: ["name", "account"],
  defaults: { type: "full", paused: false },
  service: {
    create: ({ world, inputs }) => {
      const name = textAt(inputs, "name") ?? "";
      requireAccount(world, textAt(inputs, "account.id") ?? "");
      if (!domainName.test(name)) throw new ServiceError("1049", 400, `${name} is not a registered domain`);
      if (world.list(zoneKind).some((zone) => zone.properties.name === name)) {
        throw new ServiceError("1061", 400, `${name} already exists`);
      }
    },
    delete: ({ world, id }) => {
      for (const record of world.list(recordKind)) {
        if (record.properties.zoneId === id) world.delete(recordKind, record.id);
      }
    },
  },
  computed: {
    names: ["status", "nameServers", "plan", "developmentMode", "createdOn", "activatedOn", "modifiedOn"],
    stable: ["status", "nameServers", "plan", "createdOn", "activatedOn"],
    values: ({ existing }) =>
      existing?.properties.status === undefined
        ? { ...newZone, createdOn: new Date().toISOString(), modifiedOn: new Date().toISOString() }
        : keptOf(existing.properties),
  },
};

/** A new zone is pending until the registrar names Cloudflare's name servers. */
const newZone = {
  status: "pending",
  nameServers,
  developmentMode: 0,
  plan: { id: "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", name: "Free Website", legacyId: "free", price: 0, currency: "USD" },
};

function keptOf(properties: Parameters<typeof textAt>[0]) {
  const kept = ["status", "nameServers", "plan", "developmentMode", "createdOn", "activatedOn", "modifiedOn"];
  return Object.fromEntries(Object.entries(properties).filter(([name]) => kept.includes(name)));
}

/** DNSSEC of a zone: exists with it, is switched on or off. */
export const zoneDnssecRule: TypeRule = {
  type: "cloudflare:index/zoneDnssec:ZoneDnssec",
  identity: {
    kind: "named",
    id: (inputs) => textAt(inputs, "zoneId") ?? "",
    inputs: (id) => ({ zoneId: id }),
  },
  takesOverExisting: true,
  required: ["zoneId"],
  allowed: { status: ["active", "disabled"] },
  createOnly: ["zoneId"],
  service: {
    create: ({ world, inputs }) => {
      if (world.get(zoneKind, textAt(inputs, "zoneId") ?? "") === undefined) {
        throw new ServiceError("7003", 404, "Could not route to the zone, perhaps your object identifier is invalid?");
      }
    },
  },
  computed: {
    names: ["algorithm", "digest", "digestAlgorithm", "digestType", "ds", "flags", "keyTag", "keyType", "publicKey"],
    stable: ["algorithm", "digest", "digestAlgorithm", "digestType", "ds", "flags", "keyTag", "keyType", "publicKey"],
    values: ({ world, id, random }) => {
      const digest = random.hex(64).toUpperCase();
      const keyTag = random.below(65_536);
      const name = textAt(world.get(zoneKind, id)?.properties ?? {}, "name") ?? "";
      return {
        algorithm: "13",
        digest,
        digestAlgorithm: "SHA256",
        digestType: "2",
        ds: `${name}. 3600 IN DS ${keyTag} 13 2 ${digest}`,
        flags: 257,
        keyTag,
        keyType: "ECDSAP256SHA256",
        publicKey: Buffer.from(random.hex(128), "hex").toString("base64"),
      };
    },
  },
};
