import { describe, expect, it } from "vitest";
import { type PropertyMap, reveal, Secret } from "../../../../deployment/values/property-value";
import { tailscaleProvider } from "../../../../sandbox/clouds/tailscale";
import { canonicalPolicy, defaultPolicy } from "../../../../sandbox/clouds/tailscale/policy-file";
import { readWorldSeed } from "../../../../sandbox/world/open-world";
import { CloudSession, seededWorld, seededWorldWith } from "../cloud-session";

const type = (name: string): string => `tailscale:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;
const acl = type("Acl");
const ours = JSON.stringify({
  tagOwners: { "tag:host": ["autogroup:admin"], "tag:ci": ["autogroup:admin"] },
  grants: [{ src: ["autogroup:member"], dst: ["tag:host"], ip: ["tcp:22"] }],
  tests: [{ src: "operator@alai.example", accept: ["tag:host:22"], deny: ["tag:host:8099"] }],
});

function newSession(policy?: string): CloudSession {
  const world = policy === undefined ? seededWorld() : seededWorldWith(acl, "acl", { acl: policy });
  return new CloudSession(tailscaleProvider(world));
}

describe("the policy", () => {
  it("starts as a new tailnet's", () => {
    const seeded = readWorldSeed("sandbox/world.yaml").find(({ kind }) => kind === acl);
    expect(canonicalPolicy(String(seeded?.properties.acl))).toBe(canonicalPolicy(defaultPolicy));
  });

  it("is written over a new tailnet's, and over no other unless it is imported or that is asked for", async () => {
    await newSession().create(acl, "policy", { acl: ours });
    const handmade = '{"grants": []}';
    await expect(newSession(handmade).create(acl, "policy", { acl: ours })).rejects.toThrow(
      /Status=412.*overwrite a non-default policy/,
    );
    await newSession(handmade).create(acl, "policy", { acl: ours, overwriteExistingContent: true });
    const session = newSession(handmade);
    const found = await session.import(acl, "acl");
    expect(found?.inputs).toEqual({ acl: handmade });
    const imported = {
      type: acl,
      name: "p",
      urn: "urn",
      id: "acl",
      inputs: found?.inputs ?? {},
      outputs: found?.outputs ?? {},
    };
    expect((await session.update(imported, { acl: ours })).outputs.acl).toBe(ours);
  });

  it("is not changed by writing it another way", async () => {
    const session = newSession();
    const made = await session.create(acl, "policy", { acl: ours });
    expect((await session.diff(made, { acl: `// ours\n${JSON.stringify(JSON.parse(ours), null, 2)}` })).changes).toBe(
      "none",
    );
    expect((await session.diff(made, { acl: "{}" })).changes).toBe("some");
  });

  it("stays when it is deleted, or is reset when asked", async () => {
    const session = newSession();
    const kept = await session.create(acl, "policy", { acl: ours });
    await session.delete(kept);
    expect((await session.import(acl, "acl"))?.outputs).toEqual({ acl: ours });
    await expect(session.create(acl, "policy", { acl: "{}" })).rejects.toThrow("412");
    const reset = await session.update(kept, { acl: ours, resetAclOnDestroy: true });
    await session.delete(reset);
    expect((await session.import(acl, "acl"))?.outputs.acl).toBe(defaultPolicy);
  });

  it("is refused when it cannot be read, speaks of what it does not define, or fails its own tests", async () => {
    const session = newSession();
    expect(await session.failures(acl, { acl: "{" })).toEqual([expect.stringContaining("ACL validation failed")]);
    expect(await session.failures(acl, { acl: '{"rules": 1}' })).toEqual([
      expect.stringContaining('unknown field "rules"'),
    ]);
    const unowned = '{"grants": [{"src": ["tag:x"], "dst": ["*"], "ip": ["*"]}]}';
    await expect(session.create(acl, "p", { acl: unowned })).rejects.toThrow(/Status=400.*src=tag not found/);
    const failing = ours.replace('"deny":["tag:host:8099"]', '"deny":["tag:host:22"]');
    await expect(session.create(acl, "p", { acl: failing })).rejects.toThrow(
      /test\(s\) failed.*want: Drop, got: Accept/,
    );
    const made = await session.create(acl, "p", { acl: ours });
    await expect(session.update(made, { acl: failing })).rejects.toThrow("test(s) failed");
  });

  it("is told by a function, as it is written and as JSON", async () => {
    const told = await newSession().invoke("tailscale:index/getAcl:getAcl", {});
    expect(told.hujson).toContain("// The policy of a new tailnet");
    expect(JSON.parse(String(told.json))).toHaveProperty("grants");
  });
});

describe("DNS of the tailnet", () => {
  const parts: readonly [string, PropertyMap][] = [
    ["DnsPreferences", { magicDns: true }],
    ["DnsNameservers", { nameservers: ["9.9.9.9"] }],
    ["DnsSearchPaths", { searchPaths: ["hosts.alai.no"] }],
    ["DnsSplitNameservers", { domain: "privatelink.postgres.database.azure.com", nameservers: ["10.1.0.4"] }],
  ];
  const whole: PropertyMap = { magicDns: true, searchPaths: ["hosts.alai.no"], nameservers: [{ address: "9.9.9.9" }] };

  it.each(parts)("has %s or the whole configuration, not both", async (name, inputs) => {
    const whollyFirst = newSession();
    await whollyFirst.create(type("DnsConfiguration"), "dns", whole);
    await expect(whollyFirst.create(type(name), "part", inputs)).rejects.toThrow(/dns_conflict.*overwrite each other/);
    const partFirst = newSession();
    await partFirst.create(type(name), "part", inputs);
    await expect(partFirst.create(type("DnsConfiguration"), "dns", whole)).rejects.toThrow("dns_conflict");
  });

  it("takes the four parts together", async () => {
    const session = newSession();
    for (const [name, inputs] of parts) await session.create(type(name), name, inputs);
  });

  it("is imported, changed and emptied", async () => {
    const session = newSession();
    expect((await session.import(type("DnsConfiguration"), "dns_configuration"))?.outputs.magicDns).toBe(true);
    const made = await session.create(type("DnsConfiguration"), "dns", whole);
    expect((await session.refresh(made))?.inputs).toEqual(made.inputs);
    await session.delete(made);
    expect((await session.refresh(made))?.outputs.searchPaths).toEqual([]);
  });

  it("refuses what is no name server and no domain", async () => {
    await expect(newSession().create(type("DnsNameservers"), "n", { nameservers: ["dns"] })).rejects.toThrow(
      "invalid nameserver",
    );
    await newSession().create(type("DnsNameservers"), "n", { nameservers: ["https://dns.example.com/x"] });
    await expect(newSession().create(type("DnsSearchPaths"), "s", { searchPaths: ["not a domain"] })).rejects.toThrow(
      "invalid domain",
    );
    const nested = { ...whole, splitDns: [{ domain: "x.no", nameservers: [{ address: "nope" }] }] };
    await expect(newSession().create(type("DnsConfiguration"), "d", nested)).rejects.toThrow("invalid nameserver");
  });
});

describe("devices", () => {
  const deviceId = "nAnvil1CNTRL";

  it("take tags that the policy gives to somebody, and lose them again", async () => {
    const session = newSession(ours);
    const made = await session.create(type("DeviceTags"), "tags", { deviceId, tags: ["tag:host"] });
    const device = () => session.invoke("tailscale:index/getDevice:getDevice", { hostname: "anvil" });
    expect(await device()).toMatchObject({ id: deviceId, tags: ["tag:host"] });
    await expect(session.update(made, { deviceId, tags: ["tag:other"] })).rejects.toThrow("requested tags [tag:other]");
    await session.delete(made);
    expect(await device()).toMatchObject({ tags: [] });
  });

  it("must be there, under their new or their old id", async () => {
    const session = newSession();
    for (const name of ["DeviceKey", "DeviceSubnetRoutes", "DeviceAuthorization", "DeviceTags"]) {
      const inputs = { deviceId: "nNobody1CNTRL", tags: [], routes: [], authorized: true };
      await expect(session.create(type(name), name, inputs), name).rejects.toThrow(/Status=404.*nNobody1CNTRL/);
    }
    await session.create(type("DeviceKey"), "key", { deviceId: "5000001", keyExpiryDisabled: true });
    const found = await session.invoke("tailscale:index/getDevice:getDevice", { name: "anvil.tailnet-0ebb.ts.net" });
    expect(found.keyExpiryDisabled).toBe(true);
  });

  it("route address ranges and stay authorized", async () => {
    const session = newSession();
    await session.create(type("DeviceSubnetRoutes"), "r", { deviceId, routes: ["10.1.0.0/16", "fd00::/64"] });
    await expect(
      session.create(type("DeviceSubnetRoutes"), "r", { deviceId, routes: ["10.1.0.0/40"] }),
    ).rejects.toThrow("invalid route");
    await expect(session.create(type("DeviceAuthorization"), "a", { deviceId, authorized: false })).rejects.toThrow(
      "deauthorized",
    );
  });

  it("are listed and filtered", async () => {
    const session = newSession();
    const all = await session.invoke("tailscale:index/getDevices:getDevices", {});
    expect(all.devices).toHaveLength(4);
    const filters = [{ name: "os", values: ["iOS"] }];
    expect((await session.invoke("tailscale:index/getDevices:getDevices", { filters })).devices).toEqual([
      expect.objectContaining({ hostname: "phone" }),
    ]);
    await expect(session.invoke("tailscale:index/getDevice:getDevice", { hostname: "none" })).rejects.toThrow(
      "could not find device",
    );
    await expect(session.invoke("tailscale:index/getDevice:getDevice", {})).rejects.toThrow("exactly one of");
  });
});

describe("keys and trust", () => {
  it("makes a secret key that expires and never changes", async () => {
    const session = newSession(ours);
    const made = await session.create(type("TailnetKey"), "router", {
      tags: ["tag:host"],
      expiry: 3600,
      reusable: true,
    });
    expect(made.outputs.key).toBeInstanceOf(Secret);
    expect(reveal(made.outputs.key ?? null)).toMatch(/^tskey-auth-k\w{11}CNTRL-\w{32}$/);
    const life = Date.parse(String(made.outputs.expiresAt)) - Date.parse(String(made.outputs.createdAt));
    expect(life).toBe(3_600_000);
    expect((await session.diff(made, { tags: ["tag:ci"], expiry: 3600, reusable: true })).replaces).toEqual([
      "tags[0]",
    ]);
  });

  it("refuses tags that nobody owns, a life over 90 days and odd descriptions", async () => {
    await expect(newSession().create(type("TailnetKey"), "k", { tags: ["tag:host"] })).rejects.toThrow(
      "invalid or not permitted",
    );
    expect(await newSession().failures(type("TailnetKey"), { expiry: 7_776_001 })).toHaveLength(1);
    await expect(newSession().create(type("TailnetKey"), "k", { description: "with_underscore" })).rejects.toThrow(
      "description",
    );
  });

  it("trusts tokens of another issuer for scopes and tags", async () => {
    const inputs = {
      issuer: "https://token.actions.githubusercontent.com",
      subject: "repo:alai-org/alai-infra:*",
      scopes: ["auth_keys"],
    };
    const session = newSession(ours);
    const made = await session.create(type("FederatedIdentity"), "ci", { ...inputs, tags: ["tag:ci"] });
    expect(made.outputs.audience).toBe(`api.tailscale.com/${made.id}`);
    await expect(session.create(type("FederatedIdentity"), "c", inputs)).rejects.toThrow("tags are required");
    await expect(session.create(type("FederatedIdentity"), "c", { ...inputs, scopes: ["everything"] })).rejects.toThrow(
      "invalid scope",
    );
    await expect(
      session.create(type("FederatedIdentity"), "c", { ...inputs, issuer: "http://x", tags: ["tag:ci"] }),
    ).rejects.toThrow("https URL");
    const client = await session.create(type("OauthClient"), "o", { scopes: ["dns:read"] });
    expect(client.outputs.key).toBeInstanceOf(Secret);
  });
});

describe("settings of the tailnet", () => {
  it("exist already, are changed, and stay when they are deleted", async () => {
    const session = newSession();
    const made = await session.create(type("TailnetSettings"), "s", { httpsEnabled: true, devicesKeyDurationDays: 90 });
    expect(made.outputs).toMatchObject({ httpsEnabled: true, usersApprovalOn: false });
    await session.delete(made);
    expect((await session.import(type("TailnetSettings"), "tailnet_settings"))?.inputs).toEqual({
      httpsEnabled: true,
      devicesKeyDurationDays: 90,
    });
    expect(await session.failures(type("TailnetSettings"), { devicesKeyDurationDays: 365 })).toHaveLength(1);
    expect(
      await session.failures(type("TailnetSettings"), {
        aclsExternallyManagedOn: false,
        aclsExternalLink: "https://x",
      }),
    ).toHaveLength(1);
  });
});
