import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import type { CloudflarePlan } from "../../../../lib/cloudflare-plans";
import { cloudflareProvider } from "../../../../sandbox/clouds/cloudflare";
import { MemoryWorld } from "../../../../sandbox/world/world";
import { CloudSession, seededWorld, seededWorldWith } from "../cloud-session";

const zone = "cloudflare:index/zone:Zone";
const ruleset = "cloudflare:index/ruleset:Ruleset";
const subscription = "cloudflare:index/zoneSubscription:ZoneSubscription";
const bots = "cloudflare:index/botManagement:BotManagement";
const monitor = "cloudflare:index/loadBalancerMonitor:LoadBalancerMonitor";
const pool = "cloudflare:index/loadBalancerPool:LoadBalancerPool";
const balancer = "cloudflare:index/loadBalancer:LoadBalancer";
const accountId = "5a1d0c0de0000000000000000000acc1";
const zoneId = "c0de0000000000000000000000000001";

const on = (legacyId: CloudflarePlan) =>
  new CloudSession(cloudflareProvider(seededWorldWith(zone, zoneId, { plan: { legacyId } })));

const rulesetOf = (phase: string, ...rules: readonly PropertyMap[]): PropertyMap => {
  return { zoneId, kind: "zone", name: "rules", phase, rules: rules.map((rule) => ({ expression: "true", ...rule })) };
};
const limit = (rule: PropertyMap, ratelimit: PropertyMap = {}) =>
  rulesetOf("http_ratelimit", {
    action: "block",
    ratelimit: { characteristics: ["cf.colo.id", "ip.src"], period: 10, mitigationTimeout: 10, ...ratelimit },
    ...rule,
  });
const custom = (rule: PropertyMap) => rulesetOf("http_request_firewall_custom", { action: "block", ...rule });
const managed = (id: string) =>
  rulesetOf("http_request_firewall_managed", { action: "execute", actionParameters: { id } });
const edgeTtl = (seconds: number) =>
  rulesetOf("http_request_cache_settings", {
    action: "set_cache_settings",
    actionParameters: { cache: true, edgeTtl: { mode: "override_origin", default: seconds } },
  });
const six = Array.from({ length: 6 }, () => ({ action: "block" }));

describe("what the plan of a zone does not have", () => {
  const cases: readonly [string, CloudflarePlan, CloudflarePlan, PropertyMap, string][] = [
    [
      "six custom rules",
      "free",
      "pro",
      rulesetOf("http_request_firewall_custom", ...six),
      "in the phase http_request_firewall_custom: 6 out of 5",
    ],
    ["logging only", "business", "enterprise", custom({ action: "log" }), "not entitled to use the log action"],
    [
      "regular expressions",
      "pro",
      "business",
      custom({ expression: 'http.host matches "a.*"' }),
      "the use of operator Matches is not allowed",
    ],
    ["a longer period", "pro", "business", limit({}, { period: 120 }), "not entitled to use the period 120"],
    [
      "a longer block",
      "free",
      "pro",
      limit({}, { mitigationTimeout: 3600 }),
      "not entitled to use a mitigation timeout different from 10",
    ],
    [
      "challenging who sends too much",
      "free",
      "pro",
      limit({ action: "managed_challenge" }),
      "not entitled to use the managed_challenge action in ratelimiting",
    ],
    [
      "a limit by host",
      "free",
      "pro",
      limit({ expression: 'http.host eq "ip.src"' }),
      "the use of field http.host is not allowed",
    ],
    [
      "a limit by address",
      "pro",
      "business",
      limit({ expression: "not ip.src in {192.0.2.1}" }),
      "the use of field ip.src is not allowed",
    ],
    [
      "the OWASP ruleset",
      "free",
      "pro",
      managed("4814384a9e5d4991b9815dcfc25d2f1f"),
      "not entitled to execute this managed ruleset",
    ],
    ["five minutes at the edge", "pro", "business", edgeTtl(300), "can only use one of 3600 or more"],
  ];
  it.each(cases)("is refused: %s", async (_name, lacks, has, inputs, message) => {
    await expect(on(lacks).create(ruleset, "rules", inputs)).rejects.toThrow(message);
    await on(has).create(ruleset, "rules", inputs);
  });

  it("is not what it has: limits by path, the free ruleset, a rule that says something in quotes", async () => {
    const paths = 'starts_with(lower(http.request.uri.path), "/http.host")';
    await on("free").create(ruleset, "limits", limit({ expression: paths }));
    await on("free").create(ruleset, "managed", managed("77454fe2d30c4220b5701f6fdfb893ba"));
  });
});

describe("a zone's plan", () => {
  it("is bought with a subscription, changed with it, and free again without", async () => {
    const world = seededWorld();
    const session = new CloudSession(cloudflareProvider(world));
    const plan = () => world.objects().find(({ id }) => id === zoneId)?.properties.plan;
    const made = await session.create(subscription, "plan", { zoneId, ratePlan: { id: "pro" } });
    expect(made.outputs).toMatchObject({ price: 25, state: "Paid" });
    expect(plan()).toMatchObject({ legacyId: "pro", name: "Pro Website" });
    const larger = await session.update(made, { zoneId, ratePlan: { id: "business" } });
    expect(plan()).toMatchObject({ legacyId: "business", price: 250 });
    await session.delete(larger);
    expect(plan()).toMatchObject({ legacyId: "free", price: 0 });
  });

  it("is no subscription when it is free, and none of a zone that is not there", async () => {
    const session = new CloudSession(cloudflareProvider(seededWorld()));
    const free = { zoneId, ratePlan: { id: "free" } };
    await expect(session.create(subscription, "plan", free)).rejects.toThrow('Code="1207"');
    const elsewhere = { zoneId: "none", ratePlan: { id: "pro" } };
    await expect(session.create(subscription, "plan", elsewhere)).rejects.toThrow('Code="7003"');
  });

  it("decides what can be set against bots", async () => {
    await on("free").create(bots, "bots", { zoneId, fightMode: true });
    const definitely = { zoneId, sbfmDefinitelyAutomated: "managed_challenge" };
    await expect(on("free").create(bots, "bots", definitely)).rejects.toThrow('Code="10400"');
    await on("pro").create(bots, "bots", definitely);
    await expect(on("pro").create(bots, "bots", { zoneId, sbfmLikelyAutomated: "block" })).rejects.toThrow(
      "sbfmLikely",
    );
    await expect(on("pro").create(bots, "bots", { zoneId, fightMode: true })).rejects.toThrow("fightMode");
    await on("pro").create(bots, "bots", { zoneId, fightMode: false });
  });
});

describe("load balancing", () => {
  const question: PropertyMap = { accountId, type: "https", path: "/", expectedCodes: "200" };
  const origin = { name: "one", address: "a.example" };
  const session = () => new CloudSession(cloudflareProvider(seededWorld()));
  const withoutAddOn = () =>
    new CloudSession(
      cloudflareProvider(
        new MemoryWorld(
          seededWorld()
            .objects()
            .filter(({ kind }) => !kind.includes("accountSubscription")),
        ),
      ),
    );

  it("is refused without the add-on", async () => {
    await expect(withoutAddOn().create(monitor, "m", question)).rejects.toThrow(
      /Code="1002".*"interval is not in range \[0, 0\]: validation failed"/,
    );
    const inputs = { accountId, name: "p", origins: [origin] };
    await expect(withoutAddOn().create(pool, "p", inputs)).rejects.toThrow("must be in range [1, 0]");
    const name = { zoneId, name: "api.alai.no", defaultPools: ["p"], fallbackPool: "p" };
    await expect(withoutAddOn().create(balancer, "b", name)).rejects.toThrow("load balancing not enabled for zone");
  });

  it("asks no more often than the add-on, and wants to know what is healthy", async () => {
    await expect(session().create(monitor, "m", { ...question, interval: 15 })).rejects.toThrow("range [60, 3600]");
    const { expectedCodes: _codes, ...rest } = question;
    await expect(session().create(monitor, "m", rest)).rejects.toThrow("expected_codes");
  });

  it("refuses pools that are empty, too many origins, and what is not there", async () => {
    const inputs = { accountId, name: "p", origins: [origin] };
    await expect(session().create(pool, "p", { ...inputs, origins: [] })).rejects.toThrow("range [1, 20]");
    const many = Array.from({ length: 20 }, (_, index) => ({ ...origin, name: `o${index}` }));
    const two = session();
    await two.create(pool, "p", inputs);
    await expect(two.create(pool, "q", { ...inputs, name: "q", origins: many })).rejects.toThrow("range [1, 19]");
    await expect(session().create(pool, "p", { ...inputs, monitor: "none" })).rejects.toThrow("monitor none not found");
    const name = { zoneId, name: "api.alai.no", defaultPools: ["none"], fallbackPool: "none" };
    await expect(session().create(balancer, "b", name)).rejects.toThrow("pool none not found");
    expect(await session().failures(pool, { ...inputs, name: "a b" })).toHaveLength(1);
  });

  it("keeps what is in use, and has each name once and in its zone", async () => {
    const all = session();
    const asked = await all.create(monitor, "m", question);
    const made = await all.create(pool, "p", { accountId, name: "p", origins: [origin], monitor: asked.id });
    const inputs = { zoneId, name: "api.alai.no", defaultPools: [made.id], fallbackPool: made.id };
    const balanced = await all.create(balancer, "b", inputs);
    expect(balanced.outputs).toMatchObject({ zoneName: "alai.no" });
    await expect(all.create(balancer, "c", inputs)).rejects.toThrow("exists already");
    await expect(all.create(balancer, "c", { ...inputs, name: "api.bilko.io" })).rejects.toThrow("not in the zone");
    await expect(all.delete(asked)).rejects.toThrow('Code="1005"');
    await expect(all.delete(made)).rejects.toThrow('Code="1005"');
    await all.delete(balanced);
    await all.delete(made);
    await all.delete(asked);
  });
});
