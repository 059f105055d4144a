import { describe, expect, it } from "vitest";
import { type PropertyMap, Secret, unknown } from "../../../../deployment/values/property-value";
import { cloudflareProvider } from "../../../../sandbox/clouds/cloudflare";
import { CloudSession, seededWorld, seededWorldWith } from "../cloud-session";

const zone = "cloudflare:index/zone:Zone";
const setting = "cloudflare:index/zoneSetting:ZoneSetting";
const dnssec = "cloudflare:index/zoneDnssec:ZoneDnssec";
const ruleset = "cloudflare:index/ruleset:Ruleset";
const accountId = "5a1d0c0de0000000000000000000acc1";
const zoneId = "c0de0000000000000000000000000001";

function newSession(): CloudSession {
  return new CloudSession(cloudflareProvider(seededWorld()));
}

describe("a zone", () => {
  it("is pending when it is new", async () => {
    const made = await newSession().create(zone, "new", { name: "new.example", account: { id: accountId } });
    expect(made.outputs).toMatchObject({ status: "pending", type: "full", paused: false });
  });

  it("is refused when its name is taken, its account is not there or it is no domain", async () => {
    const account = { id: accountId };
    await expect(newSession().create(zone, "z", { name: "alai.no", account })).rejects.toThrow('Code="1061"');
    await expect(newSession().create(zone, "z", { name: "x.no", account: { id: "no" } })).rejects.toThrow(
      'Code="7003"',
    );
    await expect(newSession().create(zone, "z", { name: "nodot", account })).rejects.toThrow('Code="1049"');
  });

  it("is imported by its id, and is the same then", async () => {
    const session = newSession();
    const found = await session.import(zone, zoneId);
    expect(found?.inputs).toMatchObject({ name: "alai.no", account: { id: accountId } });
    const { inputs = {}, outputs = {} } = found ?? {};
    const imported = { type: zone, name: "z", urn: "urn", id: zoneId, inputs, outputs };
    const stated = { name: "alai.no", account: { id: accountId }, type: "full" };
    expect((await session.diff(imported, stated)).changes).toBe("none");
    expect((await session.diff(imported, { ...stated, type: "partial" })).diffs).toEqual(["type"]);
  });

  it("takes its records with it", async () => {
    const world = seededWorld();
    const session = new CloudSession(cloudflareProvider(world));
    const made = await session.create(zone, "new", { name: "new.example", account: { id: accountId } });
    const record = { zoneId: made.id, name: "new.example", type: "TXT", content: "x", ttl: 1 };
    await session.create("cloudflare:index/dnsRecord:DnsRecord", "txt", record);
    await session.delete(made);
    expect(world.objects().filter(({ kind }) => kind.includes("dnsRecord"))).toEqual([]);
  });
});

describe("DNSSEC of a zone", () => {
  it("has keys that stay, and needs a zone", async () => {
    const session = newSession();
    const made = await session.create(dnssec, "dnssec", { zoneId, status: "active" });
    expect(made.outputs).toMatchObject({
      algorithm: "13",
      flags: 257,
      ds: expect.stringContaining("alai.no. 3600 IN DS"),
    });
    const off = await session.update(made, { zoneId, status: "disabled" });
    expect(off.outputs.ds).toBe(made.outputs.ds);
    await expect(session.create(dnssec, "none", { zoneId: "none" })).rejects.toThrow('Code="7003"');
    expect(await session.failures(dnssec, { zoneId, status: "on" })).toHaveLength(1);
  });
});

describe("a zone setting", () => {
  const accepted: readonly PropertyMap[] = [
    { settingId: "min_tls_version", value: "1.2" },
    { settingId: "ssl", value: "strict" },
    { settingId: "always_use_https", value: "on" },
    { settingId: "browser_cache_ttl", value: 14_400 },
    { settingId: "security_header", value: { strictTransportSecurity: { enabled: true, maxAge: 31_536_000 } } },
    { settingId: "ciphers", value: ["ECDHE-ECDSA-AES128-GCM-SHA256"] },
    { settingId: "ssl_recommender", enabled: true },
  ];
  it.each(accepted)("accepts $settingId", async (inputs) => {
    await newSession().create(setting, "setting", { zoneId, ...inputs });
  });

  const refused: readonly [PropertyMap, RegExp][] = [
    [{ settingId: "alwaysUseHttps", value: "on" }, /Code="1006".*Unrecognized zone setting name: alwaysUseHttps/],
    [{ settingId: "min_tls_version", value: "1.4" }, /Code="1007".*expected 1.0, 1.1, 1.2, 1.3/],
    [{ settingId: "always_use_https", value: true }, /Code="1007".*expected on, off/],
    [{ settingId: "browser_cache_ttl", value: "1h" }, /Code="1007".*a number from 0/],
    [{ settingId: "security_header", value: "on" }, /Code="1007".*an object/],
    [{ settingId: "ssl_recommender", value: "on" }, /Code="1007".*'enabled'/],
    [{ settingId: "toString", value: "on" }, /Code="1006"/],
    [{ settingId: "http2", value: "off" }, /Code="1015".*Not allowed to edit setting for http2/],
    [{ settingId: "polish", value: "lossy" }, /Code="1015".*Not allowed to edit setting for polish/],
    [{ settingId: "true_client_ip_header", value: "on" }, /Code="1015"/],
  ];
  it.each(refused)("refuses %o", async (inputs, error) => {
    await expect(newSession().create(setting, "setting", { zoneId, ...inputs })).rejects.toThrow(error);
  });

  it("is made over what the zone has, once for each zone", async () => {
    const session = newSession();
    await session.create(setting, "first", { zoneId, settingId: "ssl", value: "full" });
    const second = await session.create(setting, "second", { zoneId, settingId: "ssl", value: "strict" });
    expect((await session.diff(second, { zoneId, settingId: "tls_1_3", value: "on" })).replaces).toEqual(["settingId"]);
  });
});

describe("a zone of a larger plan", () => {
  const paid = (legacyId: string) =>
    new CloudSession(cloudflareProvider(seededWorldWith(zone, zoneId, { plan: { legacyId } })));
  const rules = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ action: "redirect", expression: "true", ref: `r${index}` }));
  const redirects = (count: number) => ({
    ...{ zoneId, kind: "zone", name: "redirects", phase: "http_request_dynamic_redirect" },
    rules: rules(count),
  });
  const limit = (period: number) => ({
    ...{ zoneId, kind: "zone", name: "limits", phase: "http_ratelimit" },
    rules: [{ action: "block", expression: "true", ratelimit: { characteristics: ["cf.colo.id"], period } }],
  });

  it("has settings that the free one has not", async () => {
    await paid("pro").create(setting, "polish", { zoneId, settingId: "polish", value: "lossy" });
    const header = { zoneId, settingId: "true_client_ip_header", value: "on" };
    await expect(paid("business").create(setting, "header", header)).rejects.toThrow('Code="1015"');
    await paid("enterprise").create(setting, "header", header);
  });

  it("has more rules and longer periods", async () => {
    await paid("free").create(ruleset, "redirects", redirects(10));
    await expect(paid("free").create(ruleset, "redirects", redirects(11))).rejects.toThrow(
      "exceeded maximum number of rules in the phase http_request_dynamic_redirect: 11 out of 10",
    );
    await paid("pro").create(ruleset, "redirects", redirects(25));
    await expect(paid("free").create(ruleset, "limits", limit(60))).rejects.toThrow(
      "not entitled to use the period 60, can only use a period among [10]",
    );
    await paid("pro").create(ruleset, "limits", limit(60));
  });
});

describe("a ruleset", () => {
  const rule = {
    action: "set_config",
    expression: 'http.host eq "a.alai.no"',
    actionParameters: { bic: false },
    ref: "bic",
  };
  const inputs: PropertyMap = { zoneId, kind: "zone", name: "settings", phase: "http_config_settings", rules: [rule] };

  it("keeps a rule's id while its ref stays", async () => {
    const session = newSession();
    const made = await session.create(ruleset, "settings", inputs);
    const other = { action: "set_config", expression: "true", ref: "first" };
    const updated = await session.update(made, { ...inputs, rules: [other, rule] });
    expect(made.outputs).toMatchObject({ version: "1", rules: [{ ref: "bic", enabled: true }] });
    const ids = (outputs: PropertyMap) =>
      JSON.parse(JSON.stringify(outputs.rules)).map(({ id }: { readonly id: string }) => id);
    expect(ids(updated.outputs)[1]).toBe(ids(made.outputs)[0]);
    expect(updated.outputs.version).toBe("2");
  });

  it("has ids that a preview does not know", async () => {
    expect((await newSession().preview(ruleset, "settings", inputs)).rules).toEqual([{ ...rule, id: unknown }]);
  });

  it("is the only entry point of its phase in its zone", async () => {
    const session = newSession();
    await session.create(ruleset, "first", inputs);
    await expect(session.create(ruleset, "second", inputs)).rejects.toThrow(
      /Code="20217".*'zone' is not a valid value for kind.*phase http_config_settings/,
    );
    await session.create(ruleset, "other zone", { ...inputs, zoneId: "c0de0000000000000000000000000002" });
    const redirect = { action: "redirect", expression: "true" };
    await session.create(ruleset, "other phase", {
      ...inputs,
      phase: "http_request_dynamic_redirect",
      rules: [redirect],
    });
  });

  it("takes only the actions of its phase, and each ref once", async () => {
    const wrong = { ...inputs, rules: [{ action: "block", expression: "true" }] };
    await expect(newSession().create(ruleset, "wrong", wrong)).rejects.toThrow(/Code="20120".*'block'/);
    await expect(newSession().create(ruleset, "twice", { ...inputs, rules: [rule, rule] })).rejects.toThrow(
      'Code="20017"',
    );
    const limit = { ...inputs, phase: "http_ratelimit", rules: [{ action: "block", expression: "true" }] };
    await expect(newSession().create(ruleset, "limit", limit)).rejects.toThrow('Code="20155"');
    const everywhere = { ...limit, rules: [{ action: "block", expression: "true", ratelimit: { period: 10 } }] };
    await expect(newSession().create(ruleset, "everywhere", everywhere)).rejects.toThrow(/20155.*missing 'cf.colo.id'/);
  });

  it("belongs to a zone or an account that is there, and to a phase that exists", async () => {
    const { zoneId: _zone, ...nobody } = inputs;
    expect(await newSession().failures(ruleset, { ...nobody, phase: "http_everything" })).toHaveLength(2);
    await expect(newSession().create(ruleset, "r", { ...inputs, zoneId: "none" })).rejects.toThrow('Code="7003"');
    await expect(newSession().create(ruleset, "r", { ...nobody, kind: "root", accountId: "none" })).rejects.toThrow(
      'Code="7003"',
    );
  });
});

describe("buckets and tokens", () => {
  const bucket = "cloudflare:index/r2Bucket:R2Bucket";
  const token = "cloudflare:index/accountToken:AccountToken";
  const policy = {
    effect: "allow",
    permissionGroups: [{ id: "p" }],
    resources: JSON.stringify({ [`com.cloudflare.api.account.${accountId}`]: "*" }),
  };

  it("makes a bucket once, with a name that fits", async () => {
    const session = newSession();
    await session.create(bucket, "media", { accountId, name: "evidence-media" });
    await expect(session.create(bucket, "again", { accountId, name: "evidence-media" })).rejects.toThrow(
      'Code="10004"',
    );
    expect(await session.failures(bucket, { accountId, name: "No" })).toHaveLength(1);
    expect((await session.import(bucket, `${accountId}/evidence-media/default`))?.id).toBe("evidence-media");
  });

  it("tells a token's value once and keeps it secret", async () => {
    const session = newSession();
    const made = await session.create(token, "deploy", { accountId, name: "pages deploy", policies: [policy] });
    expect(made.outputs.value).toBeInstanceOf(Secret);
    const renamed = await session.update(made, { accountId, name: "deploy", policies: [policy] });
    expect(renamed.outputs.value).toEqual(made.outputs.value);
  });

  it("refuses a token without rights, or with resources that are no JSON object", async () => {
    const session = newSession();
    await expect(session.create(token, "t", { accountId, name: "t", policies: [] })).rejects.toThrow(
      "at least one policy",
    );
    const empty = { ...policy, permissionGroups: [] };
    await expect(session.create(token, "t", { accountId, name: "t", policies: [empty] })).rejects.toThrow(
      'Code="1001"',
    );
    const wrong = { accountId, name: "t", policies: [{ ...policy, resources: "all" }] };
    expect(await session.failures(token, wrong)).toEqual([expect.stringContaining("expected a JSON object")]);
  });
});

describe("a type that nobody modelled", () => {
  it("becomes a generic object, and is reported once", async () => {
    const reported: string[] = [];
    const provider = cloudflareProvider(seededWorld(), { onUnmodelledType: (type) => reported.push(type) });
    const session = new CloudSession(provider);
    const type = "cloudflare:index/invented:Invented";
    const made = await session.create(type, "one", { accountId, name: "one" });
    await session.create(type, "two", { accountId, name: "two" });
    expect((await session.refresh(made))?.outputs).toEqual({ accountId, name: "one" });
    expect(reported).toEqual([type]);
  });
});
