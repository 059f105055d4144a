import { beforeEach, describe, expect, it } from "vitest";
import { DnsZone, type DnsZoneArgs, noBrowserIntegrityCheck } from "../../components/dns-zone/dns-zone";
import { lasting, passing, SeededSandbox, seeded } from "./seeded-sandbox";

const defaults: DnsZoneArgs = { context: lasting, accountId: seeded.accountId, domain: "example.no" };
let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

describe("DnsZone", () => {
  it("makes a signed zone with safe settings", async () => {
    const { changes } = await sandbox.upTwice(() => {
      const zone = new DnsZone("example.no", defaults);
      return { id: zone.zoneId, nameServers: zone.nameServers, ds: zone.dsRecord, exported: zone.exportTarget };
    });
    expect(changes).toEqual({ create: 8 });
    const settings = await sandbox.resources("cloudflare:index/zoneSetting:ZoneSetting");
    expect([...settings.values()].map(({ inputs }) => [inputs.settingId, inputs.value])).toEqual(
      expect.arrayContaining([
        ["ssl", "strict"],
        ["min_tls_version", "1.2"],
        ["tls_1_3", "on"],
        ["always_use_https", "on"],
      ]),
    );
    const zone = (await sandbox.resources("cloudflare:index/zone:Zone")).get("example.no");
    expect(zone?.protect).toBe(true);
  });

  it("does everything at once, twice", async () => {
    const { changes } = await sandbox.upTwice(
      () =>
        new DnsZone("alai.no", {
          ...defaults,
          domain: "alai.no",
          adopt: seeded.alaiZone.id,
          tls: {
            mode: "strict",
            minimumVersion: "1.3",
            hsts: { maxAge: 31_536_000, includeSubdomains: true, preload: false },
          },
          records: [
            { type: "A", name: "@", content: "192.0.2.1", proxied: true },
            { type: "AAAA", name: "vm", content: "2001:db8::1", ttl: 600, comment: "the machine" },
            { type: "CNAME", name: "docs", content: "vm.alai.no" },
            { type: "MX", name: "@", content: "mail.example.net", priority: 10 },
            { type: "TXT", name: "@", content: "v=spf1 -all" },
            { id: "verification", type: "TXT", name: "@", content: "google-site-verification=abc" },
          ],
          rules: [
            ...noBrowserIntegrityCheck(["ollama.alai.no"]),
            { kind: "redirect", ref: "r1", description: "www", from: "www.alai.no", to: "alai.no" },
          ],
          transform: { record: (args, opts) => void Object.assign(opts, { protect: args.type === "MX" }) },
        }),
    );
    expect(changes).toMatchObject({ import: 1 });
    const records = await sandbox.resources("cloudflare:index/dnsRecord:DnsRecord");
    expect([...records].map(([name, { inputs, protect }]) => [name, inputs.name, inputs.ttl, protect])).toEqual(
      expect.arrayContaining([
        ["alai.no-a-@", "alai.no", 1, false],
        ["alai.no-aaaa-vm", "vm.alai.no", 600, false],
        ["alai.no-cname-docs", "docs.alai.no", 300, false],
        ["alai.no-mx-@", "alai.no", 300, true],
        ["alai.no-txt-@", "alai.no", 300, false],
        ["alai.no-verification", "alai.no", 300, false],
      ]),
    );
    const rulesets = await sandbox.resources("cloudflare:index/ruleset:Ruleset");
    expect([...rulesets.keys()].sort()).toEqual([
      "alai.no-http_config_settings",
      "alai.no-http_request_dynamic_redirect",
    ]);
    const zone = (await sandbox.resources("cloudflare:index/zone:Zone")).get("alai.no");
    expect(zone).toMatchObject({ id: seeded.alaiZone.id, protect: true, retainOnDelete: true });
  });

  it("keeps an adopted zone when it leaves the program", async () => {
    await sandbox.deployment.up(
      () =>
        new DnsZone("alai.no", {
          ...defaults,
          context: passing,
          domain: "alai.no",
          adopt: seeded.alaiZone.id,
          transform: { zone: (_args, opts) => void Object.assign(opts, { protect: false }) },
        }),
    );
    await sandbox.deployment.destroy();
    expect(sandbox.existing("cloudflare:index/zone:Zone")).toContain(seeded.alaiZone.id);
  });

  it("adds a rule to the ruleset that is there", async () => {
    const zone = (hostnames: string[]) => () =>
      new DnsZone("example.no", { ...defaults, rules: noBrowserIntegrityCheck(hostnames) });
    await sandbox.deployment.up(zone(["a.example.no"]));
    const { changes } = await sandbox.deployment.up(zone(["a.example.no", "b.example.no"]));
    expect(changes).toMatchObject({ update: 1 });
    expect(changes).not.toHaveProperty("create");
  });

  it("takes over a record and a ruleset that somebody made by hand, and refuses to make a second ruleset", async () => {
    const rules = noBrowserIntegrityCheck(["ollama.alai.no"]);
    const records = [{ type: "A", name: "vm", content: "192.0.2.1" }] as const;
    const zone: DnsZoneArgs = { ...defaults, domain: "alai.no", adopt: seeded.alaiZone.id, records, rules };
    const byHand = sandbox.another();
    await byHand.up(() => new DnsZone("alai.no", zone));
    const [ruleset = ""] = sandbox.existing("cloudflare:index/ruleset:Ruleset");
    const [record = ""] = sandbox.existing("cloudflare:index/dnsRecord:DnsRecord");

    const { result, messages } = await sandbox.another().tryUp(() => new DnsZone("alai.no", { ...zone, records: [] }));
    expect(result).toBe("failed");
    expect(messages.join("\n")).toContain("exceeded maximum number of zone rulesets for phase");

    await sandbox.upTwice(
      () =>
        new DnsZone("alai.no", {
          ...zone,
          records: records.map((entry) => ({ ...entry, adopt: `${seeded.alaiZone.id}/${record}` })),
          adoptRulesets: { http_config_settings: `zones/${seeded.alaiZone.id}/${ruleset}` },
        }),
    );
    expect(
      (await sandbox.resources("cloudflare:index/ruleset:Ruleset")).get("alai.no-http_config_settings"),
    ).toMatchObject({ id: ruleset, protect: true, retainOnDelete: true });
  });

  it.each<[string, Partial<DnsZoneArgs>, string]>([
    [
      "two records of one name",
      {
        records: [
          { type: "TXT", name: "@", content: "a" },
          { type: "TXT", name: "example.no", content: "b" },
        ],
      },
      'DnsZone "example.no": two records are called "txt-@"; give one of them an id of its own',
    ],
    [
      "a rule twice",
      { rules: [...noBrowserIntegrityCheck(["a.no"]), ...noBrowserIntegrityCheck(["a.no"])] },
      'DnsZone "example.no": several rules have the ref INFRA-CF-001-a-no; each needs its own',
    ],
    [
      "a TTL on a proxied record",
      { records: [{ type: "A", name: "@", content: "192.0.2.1", proxied: true, ttl: 60 }] },
      'DnsRecord "A example.no": a proxied record has no ttl of its own; leave it out',
    ],
    [
      "more exceptions than the plan has",
      { rules: noBrowserIntegrityCheck(Array.from({ length: 11 }, (_, index) => `a${index}.example.no`)) },
      'DnsZone "example.no": has 11 rules in the phase http_config_settings, of which the plan "free" allows 10; say the zone\'s plan if it is a larger one',
    ],
  ])("refuses %s", async (_name, changes, message) => {
    expect(await sandbox.refusal(() => new DnsZone("example.no", { ...defaults, ...changes }))).toContain(message);
  });
});
