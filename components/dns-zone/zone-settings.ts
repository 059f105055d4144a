import type { BotManagementArgs } from "@pulumi/cloudflare/botManagement";
import { type CloudflarePlan, planFacts } from "../../lib/cloudflare-plans";
import type { ZoneEdge } from "./edge-schema";

/** How a zone speaks TLS. Every field has a safe default. */
export interface ZoneTls {
  /** Between Cloudflare and the origin. `strict` checks the origin's certificate. Default: `strict`. */
  readonly mode?: "full" | "strict";
  /** The oldest version visitors may use. Default: `1.2`. */
  readonly minimumVersion?: "1.2" | "1.3";
  /**
   * Tells browsers to use HTTPS only. Absent: not sent.
   *
   * Hazard: a browser that has seen it refuses plain HTTP for `maxAge` seconds, whatever is changed here later.
   */
  readonly hsts?: {
    /** Seconds; a year is 31,536,000. */
    readonly maxAge: number;
    readonly includeSubdomains: boolean;
    /** Asks to be put on the browsers' built-in list, which takes months to leave. */
    readonly preload: boolean;
  };
  /** Whether visitors with plain HTTP links to it are offered encryption by other ways. Default: as Cloudflare has it, which is on. */
  readonly opportunisticEncryption?: boolean;
  /**
   * Whether Cloudflare shows origins its certificate, so that one that asks for it lets nobody else in. The certificate is the same for
   * all of Cloudflare's customers: it proves Cloudflare, and not the zone. Default: false.
   */
  readonly originPulls?: boolean;
}

/** One setting of a zone. The provider has one resource for each. */
interface ZoneSettingValue {
  readonly settingId: string;
  readonly value: string | { readonly strict_transport_security: Readonly<Record<string, boolean | number>> };
}

/** The settings of a zone, one per `settingId`. */
export function zoneSettings(tls: ZoneTls): ZoneSettingValue[] {
  const settings: ZoneSettingValue[] = [
    { settingId: "ssl", value: tls.mode ?? "strict" },
    { settingId: "min_tls_version", value: tls.minimumVersion ?? "1.2" },
    { settingId: "tls_1_3", value: "on" },
    { settingId: "always_use_https", value: "on" },
  ];
  const onOff = (settingId: string, on: boolean | undefined) =>
    on === undefined ? [] : [{ settingId, value: on ? "on" : "off" }];
  settings.push(
    ...(tls.hsts === undefined ? [] : [{ settingId: "security_header", value: hstsHeader(tls.hsts) }]),
    ...onOff("opportunistic_encryption", tls.opportunisticEncryption),
    ...onOff("tls_client_auth", tls.originPulls),
  );
  return settings;
}

function hstsHeader(hsts: NonNullable<ZoneTls["hsts"]>): ZoneSettingValue["value"] {
  return {
    strict_transport_security: {
      enabled: true,
      max_age: hsts.maxAge,
      include_subdomains: hsts.includeSubdomains,
      preload: hsts.preload,
      nosniff: true,
    },
  };
}

/** What the zone's plan has against bots: one mode on the free plan, an action for each kind of them on the others. */
export function botSettings(
  action: NonNullable<ZoneEdge["bots"]>,
  plan: CloudflarePlan,
): Omit<BotManagementArgs, "zoneId"> {
  const { bots } = planFacts[plan];
  if (bots.includes("fightMode")) return { fightMode: true };
  const word = action === "challenge" ? "managed_challenge" : action;
  return {
    sbfmDefinitelyAutomated: word,
    ...(bots.includes("sbfmLikelyAutomated") ? { sbfmLikelyAutomated: word } : {}),
    // Search engines and the like, which say who they are and are.
    sbfmVerifiedBots: "allow",
    sbfmStaticResourceProtection: false,
  };
}
