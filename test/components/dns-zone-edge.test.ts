import { beforeEach, describe, expect, it } from "vitest";
import { DnsZone, type DnsZoneArgs } from "../../components/dns-zone/dns-zone";
import type { ZoneEdge } from "../../components/dns-zone/edge-schema";
import { zoneSchema } from "../../components/dns-zone/schema";
import type { CloudflarePlan } from "../../lib/cloudflare-plans";
import { checkAgainst } from "../../lib/located-yaml/schema-problems";
import { lasting, SeededSandbox, seeded } from "./seeded-sandbox";

const rulesetType = "cloudflare:index/ruleset:Ruleset";
const settingType = "cloudflare:index/zoneSetting:ZoneSetting";
const botsType = "cloudflare:index/botManagement:BotManagement";
const subscriptionType = "cloudflare:index/zoneSubscription:ZoneSubscription";

/** The tables "SSL/TLS configuration" and "WAF" of the plan of BetterWorld. */
const strict = {
  plan: "pro",
  tls: {
    mode: "strict",
    minimumVersion: "1.2",
    hsts: { maxAge: 31_536_000, includeSubdomains: true, preload: false },
    opportunisticEncryption: true,
    originPulls: true,
  },
  edge: {
    managedRules: ["cloudflare", "owasp"],
    bots: "challenge",
    rateLimits: [{ name: "everything", requests: 1000, per: "1m" }],
    onlyCountries: [],
    challengeSuspicious: true,
    restricted: [{ name: "admin", paths: ["/admin"], addresses: ["203.0.113.7", "198.51.100.0/28"] }],
  },
} as const satisfies Pick<DnsZoneArgs, "plan" | "tls"> & { readonly edge: unknown };

const zone: DnsZoneArgs = {
  context: lasting,
  accountId: seeded.accountId,
  domain: "elsewhere.example",
  plan: strict.plan,
  tls: strict.tls,
  edge: zoneSchema.parse({ domain: "elsewhere.example", ...strict }).edge ?? {},
};

let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

async function deployed(args: Partial<DnsZoneArgs> = {}) {
  await sandbox.upTwice(() => new DnsZone("zone", { ...zone, ...args }));
  const rulesets = await sandbox.resources(rulesetType);
  return (phase: string) => rulesets.get(`zone-${phase}`)?.inputs.rules;
}

describe("the edge of a zone", () => {
  it("has the TLS table of a plan", async () => {
    await deployed();
    const settings = [...(await sandbox.resources(settingType)).values()];
    expect(Object.fromEntries(settings.map(({ inputs }) => [inputs.settingId, inputs.value]))).toEqual({
      ssl: "strict",
      min_tls_version: "1.2",
      tls_1_3: "on",
      always_use_https: "on",
      security_header: {
        strict_transport_security: {
          ...{ enabled: true, max_age: 31_536_000, include_subdomains: true, preload: false, nosniff: true },
        },
      },
      opportunistic_encryption: "on",
      tls_client_auth: "on",
    });
  });

  it("has the WAF table of a plan, in one ruleset per phase", async () => {
    const rulesOf = await deployed();
    expect(rulesOf("http_request_firewall_managed")).toMatchObject([
      { action: "execute", expression: "true", actionParameters: { id: "efb7b8c949ac4650a09736fc376e9aee" } },
      {
        ...{ action: "execute", expression: "true", enabled: true },
        actionParameters: {
          id: "4814384a9e5d4991b9815dcfc25d2f1f",
          overrides: { rules: [{ id: "6179ae15870a4bb7b2d480d4843b323c", action: "block", scoreThreshold: 40 }] },
        },
      },
    ]);
    expect(rulesOf("http_ratelimit")).toMatchObject([
      {
        ...{ action: "block", expression: "true" },
        ratelimit: {
          ...{ requestsPerPeriod: 1000, period: 60, mitigationTimeout: 60 },
          characteristics: ["cf.colo.id", "ip.src"],
        },
      },
    ]);
    expect(rulesOf("http_request_firewall_custom")).toMatchObject([
      {
        action: "block",
        expression:
          '((lower(http.request.uri.path) eq "/admin" or starts_with(lower(http.request.uri.path), "/admin/")) and not ip.src in {203.0.113.7 198.51.100.0/28})',
      },
      { action: "managed_challenge", ref: "edge-challenge-suspicious" },
    ]);
    expect((await sandbox.resources(botsType)).get("zone-bots")?.inputs).toMatchObject({
      ...{ sbfmDefinitelyAutomated: "managed_challenge", sbfmVerifiedBots: "allow" },
    });
    const subscription = (await sandbox.resources(subscriptionType)).get("zone");
    expect(subscription?.inputs).toMatchObject({ ratePlan: { id: "pro" } });
    // What the plan has to allow is made after it, and goes before it.
    for (const type of [rulesetType, botsType, settingType])
      for (const { dependencies } of (await sandbox.resources(type)).values())
        expect(dependencies).toContain(subscription?.urn);
  });

  it("merges with everybody else's rules of a phase", async () => {
    const html = { kind: "cache", ref: "pages-html", description: "pages", requests: { files: "html" } } as const;
    const rulesOf = await deployed({
      rules: [{ ...html, browserSeconds: 300 }],
      edge: {
        cache: [
          { name: "api", paths: ["/api"], bypass: true },
          { name: "files", files: "static", edge: "1h" },
        ],
      },
    });
    expect(rulesOf("http_request_cache_settings")).toMatchObject([
      {
        ref: "edge-cache-files",
        expression: expect.stringContaining('http.request.uri.path.extension in {"avif" "css"'),
        actionParameters: {
          ...{ cache: true, edgeTtl: { mode: "override_origin", default: 3600 } },
          browserTtl: { mode: "respect_origin" },
        },
      },
      {
        ref: "pages-html",
        expression: '(http.request.uri.path.extension in {"" "htm" "html"})',
        actionParameters: {
          ...{ edgeTtl: { mode: "bypass_by_default" }, browserTtl: { mode: "override_origin", default: 300 } },
        },
      },
      { ref: "edge-cache-api", actionParameters: { cache: false } },
    ]);
  });

  it("lets in listed countries only, where some are listed", async () => {
    const rulesOf = await deployed({ edge: { onlyCountries: ["NO", "BA"] } });
    expect(rulesOf("http_request_firewall_custom")).toMatchObject([
      { action: "block", expression: '(not ip.src.country in {"NO" "BA"})' },
    ]);
    expect((await deployed({ edge: { onlyCountries: [] } }))("http_request_firewall_custom")).toBeUndefined();
  });

  it("challenges bots as the plan can", async () => {
    const bots = async (plan: CloudflarePlan, domain: string) => {
      await sandbox.another().up(() => new DnsZone("zone", { ...zone, domain, plan, edge: { bots: "challenge" } }));
      const all = sandbox.world.objects().filter(({ kind }) => kind === botsType);
      return all.at(-1)?.properties;
    };
    expect(await bots("free", "a.example")).toMatchObject({ fightMode: true });
    expect(await bots("business", "b.example")).toMatchObject({ sbfmLikelyAutomated: "managed_challenge" });
  });

  it("gives the free plan back with the subscription", async () => {
    const made = () => sandbox.world.objects().filter(({ properties: { name } }) => name === zone.domain);
    const plans = () => made().map(({ properties: { plan } }) => plan);
    await sandbox.deployment.up(() => new DnsZone("zone", zone));
    expect(plans()).toContainEqual(expect.objectContaining({ legacyId: "pro" }));
    await sandbox.deployment.up(() => new DnsZone("zone", { ...zone, plan: "free", edge: {} }));
    expect(plans()).not.toContainEqual(expect.objectContaining({ legacyId: "pro" }));
  });
});

describe("what the plan of a zone does not have", () => {
  const limit = { name: "all", requests: 100, per: "10s" };
  const refused: readonly [string, ZoneEdge, CloudflarePlan, string, string][] = [
    [
      "OWASP",
      { managedRules: ["owasp"] },
      "free",
      "edge.managedRules[0]",
      `owasp: the zone's plan is "free", and "pro" is the smallest that has it`,
    ],
    ["a second limit", { rateLimits: [limit, { ...limit, name: "b" }] }, "free", "edge.rateLimits", "2 rate limits"],
    [
      "a third limit",
      { rateLimits: ["a", "b", "c"].map((name) => ({ ...limit, name })) },
      "pro",
      "edge.rateLimits",
      `"business" is the smallest`,
    ],
    ["a minute", { rateLimits: [{ ...limit, per: "1m" }] }, "free", "edge.rateLimits[0].per", "counting over 1m"],
    [
      "a time that no plan has",
      { rateLimits: [{ ...limit, per: "7s" }] },
      "enterprise",
      "edge.rateLimits[0].per",
      "counting over 7s: no plan has it",
    ],
    [
      "a longer block",
      { rateLimits: [{ ...limit, blockedFor: "1h" }] },
      "free",
      "edge.rateLimits[0].blockedFor",
      "refusing for 1h",
    ],
    [
      "a limit by host",
      { rateLimits: [{ ...limit, hosts: ["a.alai.no"] }] },
      "free",
      "edge.rateLimits[0].hosts",
      "a limit by host",
    ],
    [
      "five minutes at the edge",
      { cache: [{ name: "html", edge: "5m" }] },
      "pro",
      "edge.cache[0].edge",
      "keeping it for 5m (at least 1h)",
    ],
    ["blocking bots", { bots: "block" }, "free", "edge.bots", "blocking bots"],
    [
      "eleven cache rules",
      { cache: Array.from({ length: 11 }, (_, index) => ({ name: `c${index}`, browser: "5m" })) },
      "free",
      "edge.cache",
      "11 cache rules",
    ],
    [
      "six restricted paths",
      {
        restricted: Array.from({ length: 6 }, (_, index) => ({
          name: `r${index}`,
          paths: [`/r${index}`],
          addresses: ["203.0.113.7"],
        })),
      },
      "free",
      "edge.restricted",
      "6 custom rules",
    ],
  ];
  it.each(refused)("is refused by the schema and by the component: %s", async (_name, edge, plan, path, message) => {
    const checked = checkAgainst(zoneSchema, { domain: "alai.no", plan, edge });
    const [problem] = checked.kind === "invalid" ? checked.problems : [];
    expect(problem?.message).toContain(message);
    const said = await sandbox.refusal(() => new DnsZone("zone", { ...zone, plan, edge }));
    expect(said).toContain(`DnsZone "zone": ${path}: ${problem?.message}`);
  });
});

describe("an edge that does not fit together", () => {
  const address = "203.0.113.7";
  const refused: readonly [string, ZoneEdge, string][] = [
    [
      "a restriction of everything",
      { restricted: [{ name: "a", addresses: [address] }] },
      "edge.restricted[0]: say which hosts or paths",
    ],
    [
      "what is kept and never kept",
      { cache: [{ name: "a", bypass: true, browser: "5m" }] },
      "edge.cache[0].bypass: what is never kept",
    ],
    [
      "a cache rule that says nothing",
      { cache: [{ name: "a", files: "html" }] },
      "edge.cache[0]: say how long it is kept",
    ],
    [
      "a name twice",
      {
        cache: [
          { name: "a", browser: "5m" },
          { name: "a", browser: "1h" },
        ],
      },
      'edge.cache[1].name: "a" is given twice',
    ],
    [
      "addresses as wide as the internet",
      { restricted: [{ name: "a", paths: ["/a"], addresses: ["0.0.0.0/0"] }] },
      "is wider than /24",
    ],
    [
      "a path that ends its quotes",
      { restricted: [{ name: "a", paths: ['/a" or true'], addresses: [address] }] },
      "expected a path such as",
    ],
    ["a country in words", { onlyCountries: ["Norway"] }, "expected a country's two letters"],
  ];
  it.each(refused)("is refused: %s", async (_name, edge, message) => {
    expect(await sandbox.refusal(() => new DnsZone("zone", { ...zone, edge }))).toContain(message);
  });
});
