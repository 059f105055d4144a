import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { noBrowserIntegrityCheck } from "../../components/dns-zone/dns-zone";
import { zoneSchema } from "../../components/dns-zone/schema";
import { absoluteName, dnsRecordArgs, type ZoneRecord } from "../../components/dns-zone/zone-record";
import { rulesByPhase, type ZoneRule } from "../../components/dns-zone/zone-rule";
import { zoneSettings } from "../../components/dns-zone/zone-settings";

const redirect = (from: string, to: string): ZoneRule => ({
  kind: "redirect",
  ref: `redirect-${from}`,
  description: "a redirect",
  from,
  to,
});

describe("DNS record", () => {
  it.each([
    ["@", "alai.no"],
    ["alai.no", "alai.no"],
    ["www", "www.alai.no"],
    ["WWW.alai.no.", "www.alai.no"],
    ["_dmarc", "_dmarc.alai.no"],
    ["notalai.no", "notalai.no.alai.no"],
  ])("spells %s as %s", (name, expected) => {
    expect(absoluteName("alai.no", name)).toBe(expected);
  });

  it("computes the TTL: automatic when proxied, five minutes otherwise, and what is asked for", () => {
    const record: ZoneRecord = { type: "A", name: "www", content: "192.0.2.1" };
    expect(dnsRecordArgs("z", "alai.no", { ...record, proxied: true }).ttl).toBe(1);
    expect(dnsRecordArgs("z", "alai.no", record).ttl).toBe(300);
    expect(dnsRecordArgs("z", "alai.no", { ...record, ttl: 60 }).ttl).toBe(60);
  });

  it.each<[Partial<ZoneRecord>, string]>([
    [{ type: "TXT", proxied: true }, 'DnsRecord "TXT www.alai.no": only A, AAAA and CNAME records can be proxied'],
    [{ proxied: true, ttl: 60 }, 'DnsRecord "A www.alai.no": a proxied record has no ttl of its own; leave it out'],
    [{ ttl: 59 }, 'DnsRecord "A www.alai.no": ttl: expected at least 60, got 59'],
    [{ ttl: 86_401 }, 'DnsRecord "A www.alai.no": ttl: expected at most 86400, got 86401'],
    [{ type: "MX" }, 'DnsRecord "MX www.alai.no": an MX record needs a priority'],
    [{ priority: 10 }, 'DnsRecord "A www.alai.no": only MX records have a priority'],
    // Cloudflare: 9005, "Content for A record must be a valid IPv4 address."
    [
      { content: "192.0.2.300" },
      'DnsRecord "A www.alai.no": content: expected the IPv4 address that an A record leads to, got "192.0.2.300"',
    ],
    [{ content: "2001:db8::1" }, "content: expected the IPv4 address"],
    [{ content: "198.51.100.0/24" }, "content: expected the IPv4 address"],
    // Cloudflare: 9006, "Content for AAAA record must be a valid IPv6 address."
    [
      { type: "AAAA" },
      'DnsRecord "AAAA www.alai.no": content: expected the IPv6 address that an AAAA record leads to, got "192.0.2.1"',
    ],
    [{ type: "AAAA", content: "fe80::1%eth0" }, "content: expected the IPv6 address"],
    [{ type: "AAAA", content: "2001:db8::1/64" }, "content: expected the IPv6 address"],
  ])("refuses %j", (changes, message) => {
    expect(() => dnsRecordArgs("z", "alai.no", { type: "A", name: "www", content: "192.0.2.1", ...changes })).toThrow(
      message,
    );
  });

  it("says content as Cloudflare keeps it: targets without a dot at the end, long texts in strings", () => {
    const content = (type: ZoneRecord["type"], text: string) =>
      dnsRecordArgs("z", "alai.no", { type, name: "www", content: text }).content;
    expect(content("CNAME", "example.net.")).toBe("example.net");
    expect(content("TXT", "v=spf1 -all")).toBe("v=spf1 -all");
    expect(content("TXT", "x".repeat(300))).toBe(`"${"x".repeat(255)}" "${"x".repeat(45)}"`);
    expect(() => content("TXT", "x".repeat(2049))).toThrow("expected at most 2048 characters, got 2049 characters");
  });

  it("takes content that is not known yet", () => {
    const content = pulumi.output("192.0.2.1");
    expect(dnsRecordArgs("z", "alai.no", { type: "A", name: "www", content }).content).toBe(content);
  });
});

describe("zone rules", () => {
  it("merges everybody's rules into one ruleset per phase, in an order that does not depend on theirs", () => {
    const rules = [
      redirect("www.b.no", "b.no"),
      ...noBrowserIntegrityCheck(["ollama.b.no"]),
      redirect("www.a.no", "a.no"),
    ];
    const phases = rulesByPhase("alai.no", rules);
    expect(phases.map(({ phase, rules: merged }) => [phase, merged.map(({ ref }) => ref)])).toEqual([
      ["http_config_settings", ["INFRA-CF-001-ollama-b-no"]],
      ["http_request_dynamic_redirect", ["redirect-www.a.no", "redirect-www.b.no"]],
    ]);
    expect(rulesByPhase("alai.no", [...rules].reverse())).toEqual(phases);
  });

  it("redirects permanently to the same path, keeping the query", () => {
    expect(rulesByPhase("alai.no", [redirect("www.alai.no", "alai.no")])[0]?.rules[0]).toMatchObject({
      action: "redirect",
      expression: '(http.host eq "www.alai.no")',
      actionParameters: {
        fromValue: {
          statusCode: 301,
          preserveQueryString: true,
          targetUrl: { expression: 'concat("https://alai.no", http.request.uri.path)' },
        },
      },
    });
  });

  it("switches Browser Integrity Check off for one host name only", () => {
    expect(rulesByPhase("alai.no", noBrowserIntegrityCheck(["ollama.basicconsulting.no"]))[0]?.rules).toEqual([
      {
        ref: "INFRA-CF-001-ollama-basicconsulting-no",
        description: expect.stringContaining("INFRA-CF-001"),
        enabled: true,
        expression: '(http.host eq "ollama.basicconsulting.no")',
        action: "set_config",
        actionParameters: { bic: false },
      },
    ]);
  });

  it("makes no ruleset of nothing", () => {
    expect(rulesByPhase("alai.no", [])).toEqual([]);
  });

  it("refuses two rules of one ref, and a host name that would end its quotes", () => {
    const rule = redirect("www.alai.no", "alai.no");
    expect(() => rulesByPhase("alai.no", [rule, rule])).toThrow(
      "several rules have the ref redirect-www.alai.no; each needs its own",
    );
    expect(() => rulesByPhase("alai.no", [redirect('a") or (true', "alai.no")])).toThrow(
      '"a") or (true" is neither a host name nor a path',
    );
  });
});

describe("zone settings", () => {
  it("has one value per setting, safe by default, and no HSTS unless asked for", () => {
    expect(zoneSettings({})).toEqual([
      { settingId: "ssl", value: "strict" },
      { settingId: "min_tls_version", value: "1.2" },
      { settingId: "tls_1_3", value: "on" },
      { settingId: "always_use_https", value: "on" },
    ]);
  });

  it("sends HSTS as asked", () => {
    const hsts = { maxAge: 31_536_000, includeSubdomains: true, preload: false };
    expect(zoneSettings({ minimumVersion: "1.3", mode: "full", hsts })).toContainEqual({
      settingId: "security_header",
      value: {
        strict_transport_security: {
          enabled: true,
          max_age: 31_536_000,
          include_subdomains: true,
          preload: false,
          nosniff: true,
        },
      },
    });
  });
});

describe("zone entry", () => {
  it("needs no more than a domain", () => {
    expect(zoneSchema.parse({ domain: "alai.no" })).toEqual({
      domain: "alai.no",
      records: [],
      browserIntegrityCheckOff: [],
    });
  });

  it.each([
    [{ domain: "alai.no", dnsec: true }, "dnsec"],
    [{ domain: "Alai.no" }, "expected a host name in lower case"],
    [{ domain: "alai.no", adopt: "c0de" }, "expected the 32 hex digits of a zone id"],
    [{ domain: "alai.no", records: [{ type: "A", name: "", content: "x" }] }, "expected a name in the zone"],
    [
      { domain: "alai.no", records: [{ type: "TXT", name: "@", content: "x", proxied: true }] },
      "only A, AAAA and CNAME",
    ],
  ])("refuses %j", (entry, message) => {
    expect(JSON.stringify(zoneSchema.safeParse(entry).error?.issues)).toContain(message);
  });
});
