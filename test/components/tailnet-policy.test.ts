import { describe, expect, it } from "vitest";
import { type TailnetEntry, tailnetSchema } from "../../components/tailnet/schema";
import { policyFile, policyProblems, policyTests } from "../../components/tailnet/tailnet-policy";

const entry = {
  devices: [
    { name: "forge", address: "100.104.164.86", nodeId: "nForge1CNTRL", tags: ["tag:host"] },
    { name: "anvil", address: "100.103.49.98", nodeId: "nAnvil1CNTRL", tags: ["tag:host"] },
    { name: "laptop", address: "100.64.0.11" },
  ],
  groups: { "group:operators": [] },
  tagOwners: { "tag:host": ["group:operators"], "tag:watcher": ["group:operators"] },
  grants: [
    { why: "the watcher polls health", from: ["tag:watcher"], to: ["tag:host"], ports: ["tcp:8099"] },
    { why: "hosts share inference", from: ["tag:host"], to: ["tag:host"], ports: ["tcp:11434"] },
    { why: "operators repair", from: ["group:operators"], to: ["tag:host"], ports: ["tcp:22", "tcp:8099"] },
  ],
  ssh: [{ from: ["group:operators"], to: ["tag:host"], users: ["autogroup:nonroot"] }],
};

function tailnet(changes: Record<string, unknown> = {}): TailnetEntry {
  return tailnetSchema.parse({ ...entry, ...changes });
}

const members = { "group:operators": ["operator@example.com"] };

describe("tailnet policy file", () => {
  const policy = JSON.parse(policyFile(tailnet(), members));

  it("names the devices, and the groups with the members of the configuration", () => {
    expect(policy.hosts).toEqual({ anvil: "100.103.49.98", forge: "100.104.164.86", laptop: "100.64.0.11" });
    expect(policy.groups).toEqual(members);
  });

  it("grants what the inventory grants, and nothing to everybody", () => {
    expect(policy.grants).toEqual([
      { src: ["tag:host"], dst: ["tag:host"], ip: ["tcp:11434"] },
      { src: ["group:operators"], dst: ["tag:host"], ip: ["tcp:22", "tcp:8099"] },
      { src: ["tag:watcher"], dst: ["tag:host"], ip: ["tcp:8099"] },
    ]);
    expect(JSON.stringify(policy.grants)).not.toContain("*");
  });

  it("asks people to sign in again before SSH", () => {
    expect(policy.ssh).toEqual([
      { action: "check", src: ["group:operators"], dst: ["tag:host"], users: ["autogroup:nonroot"] },
    ]);
  });

  it("is the same text for the same inventory in another order", () => {
    const reordered = tailnet({
      devices: [...entry.devices].reverse(),
      grants: [...entry.grants].reverse().map((grant) => ({ ...grant, ports: [...grant.ports].reverse() })),
      tagOwners: Object.fromEntries(Object.entries(entry.tagOwners).reverse()),
    });
    expect(policyFile(reordered, members)).toBe(policyFile(tailnet(), members));
  });

  it("trusts routers with the networks of the inventory only", () => {
    const routed = tailnet({ routes: { "10.20.0.0/16": ["tag:host"] } });
    expect(JSON.parse(policyFile(routed, members)).autoApprovers).toEqual({ routes: { "10.20.0.0/16": ["tag:host"] } });
    expect(policy.autoApprovers).toBeUndefined();
  });
});

describe("networks behind a router", () => {
  const routed = tailnet({
    routes: { "10.20.0.0/16": ["tag:host"] },
    grants: [{ why: "databases", from: ["tag:watcher"], to: ["10.20.2.0/28"], ports: ["tcp:5432"] }],
  });

  it("can be granted when a router is trusted with them, and are in no test, which takes one address", () => {
    expect(policyProblems(routed, members)).toEqual([]);
    expect(JSON.parse(policyFile(routed, members)).grants).toEqual([
      { src: ["tag:watcher"], dst: ["10.20.2.0/28"], ip: ["tcp:5432"] },
    ]);
    expect(policyTests(routed)).toEqual([]);
  });
});

describe("tests in the policy file", () => {
  it("say of each tag what it reaches and what it must not", () => {
    expect(policyTests(tailnet())).toEqual([
      { src: "tag:host", proto: "tcp", accept: ["tag:host:11434"], deny: ["tag:host:22", "tag:host:8099"] },
      { src: "tag:watcher", proto: "tcp", accept: ["tag:host:8099"], deny: ["tag:host:11434", "tag:host:22"] },
    ]);
  });

  it("claim nothing about a tag of which only some devices are reached", () => {
    const some = tailnet({
      grants: [
        { why: "one host only", from: ["tag:watcher"], to: ["anvil"], ports: ["tcp:22"] },
        { why: "all hosts", from: ["laptop"], to: ["tag:host"], ports: ["tcp:22"] },
      ],
    });
    const watcher = policyTests(some).find(({ src }) => src === "tag:watcher");
    expect(watcher).toEqual({ src: "tag:watcher", proto: "tcp", accept: ["anvil:22"] });
  });

  it("understand ranges and protocols", () => {
    const ranged = tailnet({
      grants: [
        { why: "a range", from: ["tag:host"], to: ["tag:host"], ports: ["tcp:8000-8100", "udp:53"] },
        { why: "one of it", from: ["tag:watcher"], to: ["tag:host"], ports: ["tcp:8099"] },
      ],
    });
    expect(policyTests(ranged)).toEqual([
      { src: "tag:host", proto: "tcp", accept: ["tag:host:8000", "tag:host:8099"] },
      { src: "tag:host", proto: "udp", accept: ["tag:host:53"] },
      { src: "tag:watcher", proto: "tcp", accept: ["tag:host:8099"], deny: ["tag:host:8000"] },
      { src: "tag:watcher", proto: "udp", deny: ["tag:host:53"] },
    ]);
  });
});

describe("tailnet entry", () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      "an unknown device",
      { grants: [{ why: "w", from: ["anvill"], to: ["forge"], ports: ["tcp:22"] }] },
      'grant "w" names "anvill", which is no device, group or tag of the inventory; add it to devices',
    ],
    [
      "a tag without an owner",
      { routes: { "10.20.0.0/16": ["tag:router"] } },
      'route 10.20.0.0/16 names "tag:router", which is no device, group or tag of the inventory; give it an owner in tagOwners',
    ],
    [
      "an unknown group",
      { ssh: [{ from: ["group:ops"], to: ["tag:host"], users: ["root"] }] },
      'ssh[0] names "group:ops", which is no device, group or tag of the inventory; add it to groups',
    ],
    [
      "two devices of one name",
      { devices: [entry.devices[0], { ...entry.devices[1], name: "forge" }] },
      "two devices have forge",
    ],
    [
      "a network without a router",
      {
        grants: [{ why: "databases", from: ["tag:host"], to: ["10.21.0.0/24"], ports: ["tcp:5432"] }],
        routes: { "10.20.0.0/16": ["tag:host"] },
      },
      'grant "databases" reaches 10.21.0.0/24, for which no router is trusted; add it to routes',
    ],
    [
      "a whole domain as search path",
      { dns: { searchPaths: ["alai.no"] } },
      "search path alai.no is a whole domain; use a subdomain of its own, for example net.alai.no",
    ],
  ])("refuses %s", (_name, changes, message) => {
    expect(policyProblems(tailnet(changes), members)).toContain(message);
  });

  it.each([
    [{ grants: [{ why: "all", from: ["*"], to: ["anvil"], ports: ["tcp:22"] }] }],
    [{ grants: [{ why: "all", from: ["anvil"], to: ["anvil"], ports: ["*"] }] }],
    [{ devices: [{ name: "anvil", address: "192.0.2.1" }] }],
    [{ keys: [{ name: "k", tags: ["tag:host"] }] }],
    [{ grantz: [] }],
  ])("does not parse %j", (changes) => {
    expect(tailnetSchema.safeParse({ ...entry, ...changes }).success).toBe(false);
  });

  it("admits the inventory of the test", () => {
    expect(policyProblems(tailnet(), members)).toEqual([]);
  });
});
