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
}

/** One setting of a zone. The provider has one resource for each. */
export interface ZoneSettingValue {
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
  if (tls.hsts !== undefined) settings.push({ settingId: "security_header", value: hstsHeader(tls.hsts) });
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
