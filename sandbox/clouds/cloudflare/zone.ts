import { isPropertyArray, isPropertyMap, type PropertyValue } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import { flagAt, textAt, valueAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { planOf, recordKind, requireAccount, requireZone, zoneKind } from "./service-lookup";

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
      if (!domainName.test(name)) throw new ServiceError("1049", `${name} is not a registered domain`);
      if (world.list(zoneKind).some((zone) => zone.properties.name === name)) {
        throw new ServiceError("1061", `${name} already exists`);
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
        throw new ServiceError("7003", "Could not route to the zone, perhaps your object identifier is invalid?", 404);
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

/** One setting of a zone. It exists with the zone; making it changes it, deleting it gives it back to the zone. */
export const zoneSettingRule: TypeRule = {
  type: "cloudflare:index/zoneSetting:ZoneSetting",
  identity: {
    kind: "named",
    id: (inputs) => `${textAt(inputs, "zoneId") ?? ""}/${textAt(inputs, "settingId") ?? ""}`,
    inputs: (id) => ({ zoneId: id.slice(0, id.indexOf("/")), settingId: id.slice(id.indexOf("/") + 1) }),
  },
  takesOverExisting: true,
  required: ["zoneId", "settingId"],
  createOnly: ["zoneId", "settingId"],
  service: { create: refuseSetting, update: refuseSetting },
  computed: { names: ["editable"], stable: ["editable"], values: () => ({ editable: true }) },
};

function refuseSetting({ world, inputs }: ServiceContext): void {
  const zone = requireZone(world, textAt(inputs, "zoneId") ?? "");
  const id = textAt(inputs, "settingId") ?? "";
  const plan = planOf(zone);
  if (enterpriseSettings.includes(id) ? plan !== "enterprise" : paidSettings.includes(id) && plan === "free")
    throw new ServiceError("1015", `Not allowed to edit setting for ${id}`);
  if (id === enabledSetting) {
    if (flagAt(inputs, "enabled") !== undefined) return;
    throw new ServiceError("1007", `Invalid value for zone setting ${id}: expected 'enabled' instead of 'value'`);
  }
  const setting = Object.hasOwn(zoneSettings, id) ? zoneSettings[id] : undefined;
  if (setting === undefined) throw new ServiceError("1006", `Unrecognized zone setting name: ${id}`);
  const expected = expectedSettingValue(setting, valueAt(inputs, "value"));
  if (expected !== undefined) {
    throw new ServiceError("1007", `Invalid value for zone setting ${id}: expected ${expected}`);
  }
}

/**
 * Settings that only paid plans can change: the free one has HTTP/2 for good and the others not at all.
 * Source: Cloudflare API reference, "Zone Settings", availability; the answer in terraform-provider-cloudflare#700 and #2862.
 */
const paidSettings = ["http2", "mirage", "polish", "waf", "webp"];
const enterpriseSettings = ["origin_error_page_pass_thru", "prefetch_preload", "proxy_read_timeout"].concat([
  "response_buffering",
  "sort_query_string_for_cache",
  "true_client_ip_header",
]);

type SettingValue =
  | { readonly one: readonly string[] }
  | { readonly number: { readonly minimum: number; readonly maximum: number } }
  | { readonly shape: "object" | "texts" | "text" };

const switchable: SettingValue = { one: ["on", "off"] };
const object: SettingValue = { shape: "object" };

/** Settings that are on or off. */
const switches = [
  ...["0rtt", "advanced_ddos", "always_online", "always_use_https", "automatic_https_rewrites", "brotli"],
  ...["browser_check", "content_converter", "development_mode", "early_hints", "email_obfuscation"],
  ...["hotlink_protection", "http2", "http3", "ip_geolocation", "ipv6", "mirage", "opportunistic_encryption"],
  ...["opportunistic_onion", "orange_to_orange", "origin_error_page_pass_thru", "pre_render", "prefetch_preload"],
  ...["privacy_pass", "redirects_for_ai_training", "replace_insecure_js", "response_buffering", "rocket_loader"],
  ...["search_for_agents", "server_side_exclude", "sha1_support", "sort_query_string_for_cache", "tls_1_2_only"],
  ...["tls_client_auth", "true_client_ip_header", "waf", "webmcp_enabled", "webp", "websockets"],
];

/** The settings of a zone and the values each takes (the list of the provider's `ZoneSetting`, in the API's spelling). */
const zoneSettings: Readonly<Record<string, SettingValue>> = {
  ...Object.fromEntries(switches.map((id) => [id, switchable])),
  aegis: object,
  automatic_platform_optimization: object,
  browser_cache_ttl: { number: { minimum: 0, maximum: 31_536_000 } },
  cache_level: { one: ["aggressive", "basic", "simplified"] },
  challenge_ttl: { number: { minimum: 300, maximum: 31_536_000 } },
  ciphers: { shape: "texts" },
  cname_flattening: { one: ["flatten_at_root", "flatten_all"] },
  edge_cache_ttl: { number: { minimum: 30, maximum: 604_800 } },
  h2_prioritization: { one: ["on", "off", "custom"] },
  image_resizing: { one: ["on", "off", "open"] },
  max_upload: { number: { minimum: 100, maximum: 1_000 } },
  min_tls_version: { one: ["1.0", "1.1", "1.2", "1.3"] },
  nel: object,
  origin_h2_max_streams: { number: { minimum: 1, maximum: 1_000 } },
  origin_max_http_version: { one: ["1", "2"] },
  polish: { one: ["off", "lossless", "lossy"] },
  proxy_read_timeout: { number: { minimum: 1, maximum: 6_000 } },
  pseudo_ipv4: { one: ["off", "add_header", "overwrite_header"] },
  security_header: object,
  security_level: { one: ["off", "essentially_off", "low", "medium", "high", "under_attack"] },
  ssl: { one: ["off", "flexible", "full", "strict"] },
  tls_1_3: { one: ["on", "off", "zrt"] },
  transformations: { one: ["on", "off", "open"] },
  transformations_allowed_origins: { shape: "text" },
  webmcp_packs: { shape: "text" },
};

/** The setting that has no value: the provider's `enabled` switches it. */
const enabledSetting = "ssl_recommender";

/** What a setting accepts, in words, or undefined when it accepts the value. */
function expectedSettingValue(setting: SettingValue, value: PropertyValue | undefined): string | undefined {
  if ("one" in setting) return setting.one.some((item) => item === value) ? undefined : setting.one.join(", ");
  if ("number" in setting) {
    const { minimum, maximum } = setting.number;
    const fits = typeof value === "number" && value >= minimum && value <= maximum;
    return fits ? undefined : `a number from ${minimum} to ${maximum}`;
  }
  if (setting.shape === "object") return isPropertyMap(value) ? undefined : "an object";
  if (setting.shape === "text") return typeof value === "string" ? undefined : "a text";
  return isPropertyArray(value) && value.every((item) => typeof item === "string") ? undefined : "a list of texts";
}
