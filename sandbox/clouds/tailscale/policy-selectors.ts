import { BlockList, isIP } from "node:net";
import type { PolicyFile } from "./policy-file";

/** A device of the tailnet as the policy sees it: with tags it belongs to them, otherwise to its user. */
export interface PolicyDevice {
  readonly addresses: readonly string[];
  readonly tags: readonly string[];
  readonly user: string;
}

/** Something a rule can speak of, resolved: an address, a tag, a user or a group. */
export interface Party {
  readonly addresses: readonly string[];
  readonly tags: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Groups that Tailscale keeps itself. */
const automaticGroups = [
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

/** Why a selector means nothing in this policy, or undefined when it is in order. */
export function selectorProblem(selector: string, policy: PolicyFile): string | undefined {
  if (selector === "*" || selector.startsWith("svc:")) return undefined;
  if (selector.startsWith("tag:")) {
    return Object.hasOwn(policy.tagOwners ?? {}, selector) ? undefined : `tag not found: "${selector}"`;
  }
  if (selector.startsWith("group:")) {
    return Object.hasOwn(policy.groups ?? {}, selector) ? undefined : `group not found: "${selector}"`;
  }
  if (selector.startsWith("ipset:")) {
    return Object.hasOwn(policy.ipsets ?? {}, selector) ? undefined : `ipset not found: "${selector}"`;
  }
  if (selector.startsWith("autogroup:")) {
    return automaticGroups.includes(selector) ? undefined : `unknown autogroup: "${selector}"`;
  }
  if (selector.includes("@") || isIP(selector.split("/")[0] ?? "") !== 0) return undefined;
  return Object.hasOwn(policy.hosts ?? {}, selector) ? undefined : `invalid host: "${selector}"`;
}
