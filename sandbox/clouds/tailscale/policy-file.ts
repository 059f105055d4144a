import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { parseHuJson } from "../../../lib/hujson";

const texts = z.array(z.string());

const accessRule = z.strictObject({
  action: z.literal("accept"),
  proto: z.string().optional(),
  src: texts.optional(),
  dst: texts.optional(),
  /** The older names of `src` and `dst`. */
  users: texts.optional(),
  ports: texts.optional(),
  srcPosture: texts.optional(),
});

const grant = z.strictObject({
  src: texts,
  dst: texts,
  ip: texts.optional(),
  app: z.record(z.string(), z.unknown()).optional(),
  srcPosture: texts.optional(),
  via: texts.optional(),
});

const sshRule = z.strictObject({
  action: z.enum(["accept", "check"]),
  src: texts,
  dst: texts,
  users: texts,
  checkPeriod: z.string().optional(),
  acceptEnv: texts.optional(),
  srcPosture: texts.optional(),
});

const accessTest = z.strictObject({
  src: z.string(),
  srcPostureAttrs: z.record(z.string(), z.unknown()).optional(),
  proto: z.string().optional(),
  accept: texts.optional(),
  deny: texts.optional(),
});

const sshTest = z.strictObject({
  src: z.string(),
  dst: texts,
  accept: texts.optional(),
  check: texts.optional(),
  deny: texts.optional(),
});

const policyFile = z.strictObject({
  acls: z.array(accessRule).optional(),
  grants: z.array(grant).optional(),
  groups: z.record(z.string().regex(/^group:/), texts).optional(),
  hosts: z.record(z.string(), z.string()).optional(),
  ipsets: z.record(z.string(), texts).optional(),
  tagOwners: z.record(z.string().regex(/^tag:[a-zA-Z][a-zA-Z0-9-]*$/), texts).optional(),
  autoApprovers: z
    .strictObject({
      routes: z.record(z.string(), texts).optional(),
      exitNode: texts.optional(),
      services: z.record(z.string(), texts).optional(),
    })
    .optional(),
  ssh: z.array(sshRule).optional(),
  tests: z.array(accessTest).optional(),
  sshTests: z.array(sshTest).optional(),
  nodeAttrs: z.array(z.looseObject({ target: texts.optional() })).optional(),
  postures: z.record(z.string(), texts).optional(),
  defaultSrcPosture: texts.optional(),
  derpMap: z.record(z.string(), z.unknown()).optional(),
  disableIPv4: z.boolean().optional(),
  OneCGNATRoute: z.string().optional(),
  randomizeClientPort: z.boolean().optional(),
});

/** A tailnet's policy file: who may reach what, and the tests it must pass. */
export type PolicyFile = z.infer<typeof policyFile>;
export type AccessTest = z.infer<typeof accessTest>;
export type SshRule = z.infer<typeof sshRule>;

type ParsedPolicy =
  | { readonly kind: "policy"; readonly policy: PolicyFile }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** Reads a policy file. Fields that Tailscale does not know are problems, as they are to its API. */
export function parsePolicy(text: string): ParsedPolicy {
  let json: unknown;
  try {
    json = parseHuJson(text);
  } catch (error) {
    return { kind: "invalid", problems: [error instanceof Error ? error.message : String(error)] };
  }
  const parsed = policyFile.safeParse(lowerFirstLetters(json));
  if (parsed.success) return { kind: "policy", policy: parsed.data };
  return { kind: "invalid", problems: parsed.error.issues.map(describeIssue) };
}

/** Top-level fields may be written with a capital: `ACLs`, `Hosts`. */
function lowerFirstLetters(json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const known = new Map(Object.keys(policyFile.shape).map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [known.get(key.toLowerCase()) ?? key, value]));
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `json: unknown field "${path === "" ? key : `${path}.${key}`}"`).join("; ");
  }
  return `${path === "" ? "policy" : path}: ${issue.message}`;
}

/** The policy every new tailnet has: everyone reaches everything, and their own devices by SSH. */
export const defaultPolicy = `// The policy of a new tailnet: everyone reaches everything.
{
  "grants": [
    {"src": ["*"], "dst": ["*"], "ip": ["*"]},
  ],
  "ssh": [
    {
      "action": "check",
      "src": ["autogroup:member"],
      "dst": ["autogroup:self"],
      "users": ["autogroup:nonroot", "root"],
    },
  ],
}
`;

/** One text for all ways of writing the same policy; a text that is no JSON stands for itself. */
export function canonicalPolicy(text: string): string {
  try {
    return JSON.stringify(sortKeys(parseHuJson(text)));
  } catch {
    return text;
  }
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, item]) => [key, sortKeys(item)]),
  );
}

/** A device of the tailnet as the policy sees it: with tags it belongs to them, otherwise to its user. */
export interface PolicyDevice {
  readonly addresses: readonly string[];
  readonly tags: readonly string[];
  readonly user: string;
}

/** Something a rule can speak of, resolved: an address, a tag, a user or a group. */
interface Party {
  readonly addresses: readonly string[];
  readonly tags: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Groups that Tailscale keeps itself. */
export const automaticGroups: readonly string[] = [
  ...["admin", "auditor", "billing-admin", "danger-all", "it-admin", "member", "internet", "network-admin"],
  ...["nonroot", "owner", "self", "shared", "tagged"],
].map((name) => `autogroup:${name}`);

/** What a test's source or destination is: an address or host is also the device that has it. */
export function resolveParty(selector: string, policy: PolicyFile, devices: readonly PolicyDevice[]): Party {
  if (selector.startsWith("tag:")) return { addresses: [], tags: [selector], users: [], groups: [] };
  if (selector.startsWith("group:")) {
    return { addresses: [], tags: [], users: policy.groups?.[selector] ?? [], groups: [selector] };
  }
  if (selector.includes("@")) return { addresses: [], tags: [], users: [selector], groups: [] };
  const address = policy.hosts?.[selector] ?? selector;
  const device = devices.find(({ addresses }) => addresses.includes(address));
  const users = device === undefined || device.tags.length > 0 ? [] : [device.user];
  return { addresses: [address], tags: device?.tags ?? [], users, groups: [] };
}

/** Whether a selector of a rule covers a party. `self` is the other party, for `autogroup:self`. */
export function covers(selector: string, party: Party, policy: PolicyFile, self?: Party): boolean {
  if (selector === "*") return true;
  if (selector === "autogroup:self") {
    return party.tags.length === 0 && party.users.some((user) => self?.users.includes(user) === true);
  }
  if (selector === "autogroup:tagged") return party.tags.length > 0;
  if (selector === "autogroup:member") return party.tags.length === 0 && party.users.length > 0;
  if (selector.startsWith("autogroup:")) return false;
  if (selector.startsWith("tag:")) return party.tags.includes(selector);
  if (selector.startsWith("group:")) {
    const members = policy.groups?.[selector] ?? [];
    return (
      party.groups.includes(selector) || (party.users.length > 0 && party.users.every((user) => members.includes(user)))
    );
  }
  if (selector.includes("@")) return party.users.length > 0 && party.users.every((user) => user === selector);
  return coversAddress(selector, party, policy);
}

function coversAddress(selector: string, party: Party, policy: PolicyFile): boolean {
  const ranges = selector.startsWith("ipset:")
    ? (policy.ipsets?.[selector] ?? []).map((entry) => entry.replace(/^add /, ""))
    : [selector];
  const targets = ranges.map((range) => policy.hosts?.[range] ?? range);
  return party.addresses.some((address) => targets.some((target) => containsAddress(target, address)));
}

function containsAddress(range: string, address: string): boolean {
  if (range === address) return true;
  const [network = "", prefix] = range.split("/");
  const family = isIP(network);
  const [plain = ""] = address.split("/");
  if (family === 0 || isIP(plain) !== family) return false;
  const list = new BlockList();
  const name = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix), name);
  return list.check(plain, name);
}
