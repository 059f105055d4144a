import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { cloudflareProvider } from "../../../../sandbox/clouds/cloudflare";
import { CloudSession, seededWorld } from "../cloud-session";

const record = "cloudflare:index/dnsRecord:DnsRecord";
const zoneId = "c0de0000000000000000000000000001";
const a: PropertyMap = { zoneId, name: "app.alai.no", type: "A", content: "192.0.2.1", ttl: 300 };
const cname: PropertyMap = { zoneId, name: "app.alai.no", type: "CNAME", content: "other.example.net", ttl: 300 };

function newSession(): CloudSession {
  return new CloudSession(cloudflareProvider(seededWorld()));
}

describe("a DNS record", () => {
  it("is given back with what the service computes, and found by its zone and id", async () => {
    const session = newSession();
    const made = await session.create(record, "app", { ...a, ttl: 1, proxied: true });
    expect(made.id).toMatch(/^[0-9a-f]{32}$/);
    expect(made.outputs).toMatchObject({ name: "app.alai.no", proxiable: true, proxied: true });
    expect((await session.import(record, `${zoneId}/${made.id}`))?.inputs).toMatchObject({
      name: "app.alai.no",
      ttl: 1,
    });
  });

  it("stays the same on refresh when its name is written in full", async () => {
    const session = newSession();
    const made = await session.create(record, "app", a);
    expect((await session.refresh(made))?.inputs).toEqual(made.inputs);
  });

  it("differs on refresh when its name is written short", async () => {
    const session = newSession();
    const made = await session.create(record, "app", { ...a, name: "app" });
    expect((await session.refresh(made))?.inputs.name).toBe("app.alai.no");
  });

  it("differs on refresh when its target ends in a dot, and when a long text is one string", async () => {
    const session = newSession();
    const made = await session.create(record, "app", { ...cname, content: "other.example.net." });
    expect((await session.refresh(made))?.inputs.content).toBe("other.example.net");
    const key = await session.create(record, "key", { ...a, name: "k", type: "TXT", content: "x".repeat(300) });
    const kept = `"${"x".repeat(255)}" "${"x".repeat(45)}"`;
    expect((await session.refresh(key))?.inputs.content).toBe(kept);
    const whole = await session.create(record, "whole", { ...a, name: "w.alai.no", type: "TXT", content: kept });
    expect((await session.refresh(whole))?.inputs).toEqual(whole.inputs);
  });

  it("may be a name server of the zone itself beside its addresses", async () => {
    const session = newSession();
    await session.create(record, "first", { ...a, name: "alai.no" });
    await session.create(record, "second", { ...cname, name: "alai.no", type: "NS" });
  });

  it("moves to another zone only by replacement", async () => {
    const session = newSession();
    const made = await session.create(record, "app", a);
    const moved = await session.diff(made, { ...a, zoneId: "c0de0000000000000000000000000002" });
    expect(moved.replaces).toEqual(["zoneId"]);
    expect((await session.diff(made, { ...a, content: "192.0.2.2" })).replaces).toEqual([]);
  });

  const refused: readonly [why: string, first: PropertyMap | undefined, second: PropertyMap, error: RegExp][] = [
    ["the zone is not there", undefined, { ...a, zoneId: "0".repeat(32) }, /Code="7003" Status=404/],
    ["a proxied record has a TTL of its own", undefined, { ...a, proxied: true }, /Code="9021".*must be set to 1/],
    ["the TTL is under a minute", undefined, { ...a, ttl: 30 }, /Code="9021"/],
    ["an A record holds a name", undefined, { ...a, content: "example.net" }, /Code="9005"/],
    ["an AAAA record holds an IPv4 address", undefined, { ...a, type: "AAAA" }, /Code="9006"/],
    ["a CNAME record holds no host name", undefined, { ...cname, content: "not a host" }, /Code="9007"/],
    ["a CNAME points to itself", undefined, { ...cname, content: "app.alai.no" }, /Code="9039"/],
    ["a TXT record is proxied", undefined, { ...a, type: "TXT", content: "x", ttl: 1, proxied: true }, /Code="9004"/],
    [
      "a tailnet address is proxied",
      undefined,
      { ...a, content: "100.103.49.98", ttl: 1, proxied: true },
      /Code="9003"/,
    ],
    ["there is no content", undefined, { zoneId, name: "x.alai.no", type: "A", ttl: 1 }, /Code="9000"/],
    ["an SRV record has no data", undefined, { ...a, type: "SRV", content: "x" }, /Code="9101"/],
    ["an MX record has no priority", undefined, { ...a, type: "MX", content: "mx.example.net" }, /Code="9101"/],
    ["the same record is there", a, { ...a, name: "app" }, /Code="81058"/],
    ["a CNAME joins an A record", a, cname, /Code="81053"/],
    ["a CNAME joins a CNAME", cname, { ...cname, content: "third.example.net" }, /Code="81053"/],
    ["an A record joins a CNAME", cname, a, /Code="81054"/],
    ["a delegation joins an A record", a, { ...cname, type: "NS" }, /Code="81055".*Non-NS records/],
    ["an A record joins a delegation", { ...cname, type: "NS" }, a, /Code="81056".*NS records with that host/],
    ["it is below a delegation", { ...cname, type: "NS" }, { ...a, name: "x.app.alai.no" }, /Code="89018"/],
    ["it has tags on the free plan", undefined, { ...a, tags: ["team:web"] }, /Code="9300".*1 tags.*quota of 0/],
    ["a text is too long", undefined, { ...a, type: "TXT", content: "x".repeat(4081) }, /longer than 4080/],
  ];
  it.each(refused)("is refused when %s", async (_why, first, second, error) => {
    const session = newSession();
    if (first !== undefined) await session.create(record, "first", first);
    await expect(session.create(record, "second", second)).rejects.toThrow(error);
  });

  it("is there below a delegation, where it is the address of the server that is delegated to", async () => {
    const session = newSession();
    await session.create(record, "delegation", { ...cname, type: "NS", content: "ns.app.alai.no" });
    await session.create(record, "glue", { ...a, name: "ns.app.alai.no" });
  });

  it("is refused when the texts of a name are too long together", async () => {
    const session = newSession();
    const text = (content: string) => ({ ...a, type: "TXT", content });
    await session.create(record, "first", text("x".repeat(4080)));
    const second = await session.create(record, "second", text("y".repeat(4080)));
    await expect(session.create(record, "third", text("z".repeat(33)))).rejects.toThrow(/Code="81061".*exceed 8192/);
    await session.update(second, text("y".repeat(4079)));
    await session.create(record, "third", text("z".repeat(33)));
  });

  it("may share its name with records of other types", async () => {
    const session = newSession();
    await session.create(record, "first", a);
    await session.create(record, "second", { ...a, content: "192.0.2.2" });
    await session.create(record, "third", { ...a, type: "TXT", content: "v=spf1 -all" });
  });

  it("is refused when an update makes it collide, and keeps its place otherwise", async () => {
    const session = newSession();
    await session.create(record, "first", a);
    const second = await session.create(record, "second", { ...cname, name: "www.alai.no" });
    await session.update(second, { ...cname, name: "www.alai.no", ttl: 600 });
    await expect(session.update(second, cname)).rejects.toThrow(/81053/);
  });

  it("takes content or data, not both, and only known types", async () => {
    expect(await newSession().failures(record, { ...a, type: "ANAME", data: { flags: 0 } })).toEqual([
      expect.stringContaining("'type': expected"),
      expect.stringContaining("only one of 'content' and 'data'"),
    ]);
  });
});

describe("looking things up", () => {
  it("finds a zone by name or id", async () => {
    const session = newSession();
    const byName = await session.invoke("cloudflare:index/getZone:getZone", { filter: { name: "bilko.io" } });
    const byId = await session.invoke("cloudflare:index/getZone:getZone", { zoneId: byName.zoneId ?? "" });
    expect(byId).toMatchObject({ name: "bilko.io", status: "active", zoneId: "c0de0000000000000000000000000003" });
  });

  it("does not guess when no zone or several match", async () => {
    const session = newSession();
    await expect(
      session.invoke("cloudflare:index/getZone:getZone", { filter: { name: "nowhere.io" } }),
    ).rejects.toThrow("failed to find exactly one result: found 0 zones");
    await expect(session.invoke("cloudflare:index/getZone:getZone", { filter: {} })).rejects.toThrow(
      /found [2-9]\d* zones|found 1\d+ zones/,
    );
  });

  it("lists zones, accounts and records", async () => {
    const session = newSession();
    await session.create(record, "app", a);
    expect((await session.invoke("cloudflare:index/getZones:getZones", { maxItems: 3 })).results).toHaveLength(3);
    expect((await session.invoke("cloudflare:index/getAccounts:getAccounts", { name: "ALAI" })).results).toHaveLength(
      1,
    );
    const filter = { zoneId, name: { endswith: "alai.no" }, type: "A" };
    expect((await session.invoke("cloudflare:index/getDnsRecords:getDnsRecords", filter)).results).toEqual([
      expect.objectContaining({ name: "app.alai.no", content: "192.0.2.1" }),
    ]);
    const one = { zoneId, filter: { name: { exact: "app.alai.no" } } };
    expect(await session.invoke("cloudflare:index/getDnsRecord:getDnsRecord", one)).toMatchObject({ ttl: 300 });
  });

  it("says so when there is no such function", async () => {
    await expect(newSession().invoke("cloudflare:index/getWaf:getWaf", {})).rejects.toThrow(
      "does not model the function",
    );
  });
});
