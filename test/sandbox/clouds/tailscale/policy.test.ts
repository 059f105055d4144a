import { describe, expect, it } from "vitest";
import { parseHuJson } from "../../../../lib/hujson";
import { failedTests } from "../../../../sandbox/clouds/tailscale/acl";
import {
  canonicalPolicy,
  defaultPolicy,
  type PolicyDevice,
  type PolicyFile,
  parsePolicy,
} from "../../../../sandbox/clouds/tailscale/policy-file";
import { policyProblems } from "../../../../sandbox/clouds/tailscale/policy-problems";

function policy(text: object): PolicyFile {
  const parsed = parsePolicy(JSON.stringify(text));
  if (parsed.kind === "invalid") throw new Error(parsed.problems.join("; "));
  return parsed.policy;
}

const devices: readonly PolicyDevice[] = [
  { addresses: ["100.64.0.1"], tags: ["tag:host"], user: "" },
  { addresses: ["100.64.0.2"], tags: [], user: "a@example.com" },
];

const base = {
  groups: { "group:ops": ["a@example.com", "b@example.com"] },
  hosts: { router: "10.1.0.4", net: "10.2.0.0/16" },
  tagOwners: { "tag:host": ["group:ops"], "tag:ci": ["autogroup:admin"] },
};

describe("HuJSON", () => {
  it("is JSON with comments and trailing commas", () => {
    expect(parseHuJson('{ // "no" \n "a": [1, 2,], /* x, */ "b": "// , ]",\n}')).toEqual({ a: [1, 2], b: "// , ]" });
  });

  it("reports an error where it is", () => {
    expect(() => parseHuJson('{ "a": }')).toThrow(SyntaxError);
  });
});

describe("a policy file", () => {
  it("has only fields that Tailscale knows, in any case", () => {
    expect(parsePolicy('{"ACLs": [], "TagOwners": {}}').kind).toBe("policy");
    expect(parsePolicy('{"rules": []}')).toEqual({ kind: "invalid", problems: ['json: unknown field "rules"'] });
    expect(parsePolicy('{"grants": [{"src": "*", "dst": ["*"]}]}').kind).toBe("invalid");
  });

  it("is the same however it is written", () => {
    expect(canonicalPolicy('{"b": [1,], "a": 2} // x')).toBe(canonicalPolicy('{"a":2,"b":[1]}'));
    expect(canonicalPolicy("not json")).toBe("not json");
    expect(parsePolicy(defaultPolicy).kind).toBe("policy");
  });

  it("speaks only of what it defines", () => {
    const wrong = policy({
      grants: [{ src: ["tag:none", "group:none"], dst: ["nohost"], ip: ["*"] }],
      acls: [{ action: "accept", src: ["autogroup:everyone"], dst: ["ipset:none:22"] }],
      ssh: [{ action: "accept", src: ["a@example.com"], dst: ["tag:gone"], users: ["root"] }],
      tests: [{ src: "tag:lost", accept: [] }],
    });
    expect(policyProblems(wrong)).toEqual([
      'src=unknown autogroup: "autogroup:everyone"',
      'dst=ipset not found: "ipset:none"',
      'src=tag not found: "tag:none"',
      'src=group not found: "group:none"',
      'dst=invalid host: "nohost"',
      'dst=tag not found: "tag:gone"',
      'test src=tag not found: "tag:lost"',
    ]);
    expect(
      policyProblems(policy({ ...base, grants: [{ src: ["group:ops"], dst: ["net", "tag:ci"], ip: ["*"] }] })),
    ).toEqual([]);
  });
});

describe("rules that cannot mean anything", () => {
  const ssh = (rule: object) => ({
    ssh: [{ action: "accept", src: ["tag:ci"], dst: ["tag:host"], users: ["root"], ...rule }],
  });
  const grant = (rule: object) => ({ grants: [{ src: ["tag:ci"], dst: ["tag:host"], ip: ["*"], ...rule }] });

  it.each([
    ["SSH to an address", ssh({ dst: ["100.64.0.7"] }), 'ssh dst=invalid: "100.64.0.7"'],
    ["SSH to everything", ssh({ src: ["group:ops"], dst: ["*"] }), 'ssh dst=invalid: "*"'],
    ["SSH from a tag to a user's device", ssh({ dst: ["autogroup:member"] }), "tagged devices cannot reach"],
    ["a check of a tagged device", ssh({ action: "check" }), "nobody can check in for a tagged device"],
    [
      "an approver that nobody owns",
      { autoApprovers: { routes: { "10.1.0.0/16": ["tag:nobody"] } } },
      'tag not found: "tag:nobody"',
    ],
    [
      "an approved route with host bits",
      { autoApprovers: { routes: { "10.1.2.3/16": ["tag:ci"] } } },
      '"10.1.2.3/16" is no network',
    ],
    [
      "a group in a group",
      { groups: { "group:ops": [], "group:all": ["group:ops"] } },
      'group:all: "group:ops" cannot be in a group',
    ],
    [
      "a tag that reaches its own devices",
      grant({ dst: ["autogroup:self"] }),
      "autogroup:self can be reached by users",
    ],
    [
      "attributes of what is not there",
      { nodeAttrs: [{ target: ["tag:gone"], attr: ["funnel"] }] },
      'tag not found: "tag:gone"',
    ],
    ["a host that is no address", { hosts: { lab: "not-an-ip" } }, '"lab" is no address'],
    ["ports in the wrong order", grant({ ip: ["8443-8080"] }), 'invalid ip "8443-8080"'],
    ["a port beyond the last", grant({ ip: ["tcp:65536"] }), 'invalid ip "tcp:65536"'],
    ["a port by name", grant({ ip: ["https"] }), 'invalid ip "https"'],
    ["a grant of nothing", grant({ ip: undefined }), "one of ip and app must be given"],
    ["a posture that is not there", grant({ srcPosture: ["posture:none"] }), 'posture not found: "posture:none"'],
  ])("are refused: %s", (_what, part, message) => {
    expect(policyProblems(policy({ ...base, ...part })).join("; ")).toContain(message);
  });

  it.each(["*", "443", "80-90", "tcp:443", "udp:5000-5999", "icmp:*", "icmp", "58"])("take the ports %s", (port) => {
    expect(policyProblems(policy({ ...base, ...grant({ ip: [port] }) }))).toEqual([]);
  });
});

describe("a policy's own tests of SSH", () => {
  const rules = {
    ...base,
    ssh: [
      { action: "accept", src: ["tag:ci"], dst: ["tag:host"], users: ["deploy"] },
      { action: "check", src: ["group:ops"], dst: ["tag:host"], users: ["autogroup:nonroot"] },
    ],
  };
  const run = (test: object): readonly string[] =>
    failedTests(policy({ ...rules, sshTests: [{ src: "tag:ci", dst: ["tag:host"], ...test }] }), devices);

  it.each([
    { accept: ["deploy"], deny: ["root"] },
    { src: "a@example.com", check: ["ann"], deny: ["root"] },
    { src: "tag:host", deny: ["deploy"] },
  ])("pass: %o", (test) => {
    expect(run(test)).toEqual([]);
  });

  it("fail in Tailscale's words", () => {
    expect(run({ accept: ["root"] })).toEqual([
      'ssh test from tag:ci to tag:host: user "root": want: accept, got: deny',
    ]);
    expect(run({ src: "group:ops", accept: ["ann"] })[0]).toContain("want: accept, got: check");
  });
});

describe("a policy's own tests", () => {
  const grants = [
    { src: ["group:ops"], dst: ["tag:host"], ip: ["tcp:22", "8099", "udp:53"] },
    { src: ["tag:ci"], dst: ["router"], ip: ["tcp:5000-5999"] },
    { src: ["autogroup:member"], dst: ["autogroup:self"], ip: ["*"] },
    { src: ["tag:host"], dst: ["net"], ip: ["*"] },
  ];
  const run = (...tests: object[]): readonly string[] => failedTests(policy({ ...base, grants, tests }), devices);

  it("pass when the grants say so", () => {
    expect(
      run(
        { src: "a@example.com", accept: ["tag:host:22", "100.64.0.1:8099"], deny: ["tag:host:23", "tag:ci:22"] },
        { src: "group:ops", accept: ["tag:host:22"] },
        { src: "a@example.com", proto: "udp", accept: ["tag:host:53", "tag:host:8099"], deny: ["tag:host:22"] },
        { src: "stranger@example.com", deny: ["tag:host:22"] },
        { src: "tag:ci", accept: ["router:5432", "10.1.0.4:5000"], deny: ["router:6000", "10.1.0.5:5432"] },
        { src: "a@example.com", accept: ["100.64.0.2:443"], deny: ["100.64.0.3:443"] },
        { src: "100.64.0.1", accept: ["10.2.200.1:80"], deny: ["10.3.0.1:80"] },
      ),
    ).toEqual([]);
  });

  it("fail in Tailscale's words", () => {
    expect(run({ src: "tag:ci", accept: ["tag:host:22"], deny: ["router:5432"] })).toEqual([
      'test from tag:ci: address "tag:host:22": want: Accept, got: Drop',
      'test from tag:ci: address "router:5432": want: Drop, got: Accept',
    ]);
  });

  it("follow the older rules too", () => {
    const acls = [
      { action: "accept", src: ["group:ops"], dst: ["tag:host:22,80-90"] },
      { action: "accept", users: ["tag:ci"], ports: ["*:443"] },
      { action: "accept", proto: "udp", src: ["tag:host"], dst: ["10.0.0.0/8:*"] },
    ];
    const tests = [
      { src: "b@example.com", accept: ["tag:host:22", "tag:host:85"], deny: ["tag:host:91"] },
      { src: "tag:ci", accept: ["tag:host:443"], deny: ["tag:host:80"] },
      { src: "tag:host", deny: ["10.1.0.4:53"] },
      { src: "tag:host", proto: "udp", accept: ["router:53"] },
    ];
    expect(failedTests(policy({ ...base, acls, tests }), devices)).toEqual([]);
  });
});
