import { beforeEach, describe, expect, it } from "vitest";
import { tailnetSchema } from "../../components/tailnet/schema";
import { Tailnet, type TailnetArgs } from "../../components/tailnet/tailnet";
import { lasting, SeededSandbox } from "./seeded-sandbox";

const smallest = tailnetSchema.parse({
  devices: [{ name: "anvil", address: "100.103.49.98" }],
  grants: [{ why: "the host itself", from: ["anvil"], to: ["anvil"], ports: ["tcp:8099"] }],
});
const full = tailnetSchema.parse({
  devices: [
    { name: "anvil", address: "100.103.49.98", nodeId: "nAnvil1CNTRL", tags: ["tag:host"] },
    { name: "forge", address: "100.104.164.86", nodeId: "nForge1CNTRL", tags: ["tag:host"] },
    { name: "laptop", address: "100.64.0.11", nodeId: "nLaptop1CNTRL" },
  ],
  groups: { "group:operators": [] },
  tagOwners: { "tag:host": ["group:operators"], "tag:router": ["group:operators"] },
  grants: [
    { why: "hosts", from: ["tag:host"], to: ["tag:host"], ports: ["tcp:8099", "tcp:11434"] },
    { why: "operators", from: ["group:operators"], to: ["tag:host"], ports: ["tcp:22"] },
    { why: "private names", from: ["tag:host"], to: ["tag:router"], ports: ["tcp:443", "udp:53"] },
  ],
  ssh: [{ from: ["group:operators"], to: ["tag:host"], users: ["autogroup:nonroot"] }],
  routes: { "10.20.0.0/16": ["tag:router"] },
  dns: { nameservers: ["1.1.1.1"], searchPaths: ["net.alai.no"], splitDns: { "private.example": ["100.64.0.20"] } },
});
const policyType = "tailscale:index/acl:Acl";
const dnsType = "tailscale:index/dnsConfiguration:DnsConfiguration";
let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

function args(changes: Partial<TailnetArgs> = {}): TailnetArgs {
  return { context: lasting, tailnet: smallest, ...changes };
}

describe("Tailnet", () => {
  it("writes policy, DNS and settings over what a new tailnet has", async () => {
    const { changes } = await sandbox.upTwice(() => new Tailnet("tailnet", args()));
    expect(changes).toEqual({ create: 5 });
    const policy = (await sandbox.resources(policyType)).get("tailnet");
    expect(policy).toMatchObject({
      protect: true,
      inputs: { overwriteExistingContent: false, resetAclOnDestroy: false },
    });
    const settings = (await sandbox.resources("tailscale:index/tailnetSettings:TailnetSettings")).get("tailnet");
    expect(settings?.inputs).toMatchObject({ devicesApprovalOn: true });
  });

  it("does everything at once", async () => {
    await sandbox.upTwice(() => {
      new Tailnet("tailnet", {
        ...args({ tailnet: full, groupMembers: { "group:operators": ["operator@example.com"] } }),
        splitDns: { "database.example": ["100.64.0.20"] },
        transform: {
          policy: { overwriteExistingContent: true },
          dns: { overrideLocalDns: true },
          settings: { httpsEnabled: true },
          deviceTags: (_args, opts) => void Object.assign(opts, { retainOnDelete: true }),
        },
      });
    });
    const dns = (await sandbox.resources(dnsType)).get("tailnet");
    expect(dns?.inputs).toMatchObject({
      magicDns: true,
      overrideLocalDns: true,
      nameservers: [{ address: "1.1.1.1" }],
      searchPaths: ["net.alai.no"],
      splitDns: [
        { domain: "database.example", nameservers: [{ address: "100.64.0.20" }] },
        { domain: "private.example", nameservers: [{ address: "100.64.0.20" }] },
      ],
    });
    const tags = await sandbox.resources("tailscale:index/deviceTags:DeviceTags");
    expect([...tags.keys()]).toEqual(["tailnet-anvil", "tailnet-forge"]);
  });

  it("does not overwrite a policy that somebody wrote; imports it first, then updates it", async () => {
    await sandbox.world.transact((world) => {
      world.put({ cloud: "tailscale", kind: policyType, id: "acl", properties: { acl: '{"grants":[]}' } });
    });
    const refused = await sandbox.deployment.tryUp(() => new Tailnet("tailnet", args()));
    expect(refused.result).toBe("failed");
    expect(refused.messages.join("\n")).toContain("412");

    const imported = await sandbox.deployment.up(() => new Tailnet("tailnet", args({ existingPolicy: "import" })));
    expect(imported.changes).toMatchObject({ import: 1 });
    const policyNow = () => sandbox.world.objects().find((object) => object.kind === policyType)?.properties.acl;
    expect(policyNow()).toBe('{"grants":[]}');

    const updated = await sandbox.deployment.up(() => new Tailnet("tailnet", args()));
    expect(updated.changes).toMatchObject({ update: 1 });
    expect(policyNow()).toContain('"tcp:8099"');
  });

  it("overwrites a policy when told to", async () => {
    await sandbox.world.transact((world) => {
      world.put({ cloud: "tailscale", kind: policyType, id: "acl", properties: { acl: '{"grants":[]}' } });
    });
    await sandbox.upTwice(() => new Tailnet("tailnet", args({ existingPolicy: "overwrite" })));
  });

  it("writes a policy whose tests the service runs, and that it refuses when one fails", async () => {
    const broken = (acl: string) =>
      JSON.stringify({ ...JSON.parse(acl), tests: [{ src: "tag:host", proto: "tcp", accept: ["tag:router:22"] }] });
    const { result, messages } = await sandbox.deployment.tryUp(
      () =>
        new Tailnet("tailnet", {
          ...args({ tailnet: full, groupMembers: { "group:operators": ["o@example.com"] } }),
          transform: { policy: (policy) => void Object.assign(policy, { acl: broken(String(policy.acl)) }) },
        }),
    );
    expect(result).toBe("failed");
    expect(messages.join("\n")).toContain("test");
  });

  it.each<[string, Partial<TailnetArgs>, string]>([
    [
      "names that nobody declared",
      { tailnet: { ...smallest, grants: [{ why: "w", from: ["anvill"], to: ["anvil"], ports: ["tcp:22"] }] } },
      'Tailnet "tailnet": grant "w" names "anvill", which is no device, group or tag of the inventory; add it to devices',
    ],
    [
      "split DNS of two owners",
      { tailnet: full, splitDns: { "private.example": ["100.64.0.21"] } },
      'Tailnet "tailnet": split DNS for private.example is set by the inventory and by the program; keep one',
    ],
  ])("refuses %s", async (_name, changes, message) => {
    expect(await sandbox.refusal(() => new Tailnet("tailnet", args(changes)))).toContain(message);
  });
});
