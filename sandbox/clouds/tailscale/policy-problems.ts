import { isIP } from "node:net";
import { parseAlignedBlock } from "../../../lib/ipv4";
import { permissionsOf } from "./permissions";
import { automaticGroups, type PolicyFile, type SshRule } from "./policy-file";

/**
 * What Tailscale refuses a policy for, apart from its tests: names that the policy does not define, and rules that cannot mean anything.
 *
 * Source: Tailscale documentation, "Syntax reference for the tailnet policy file" and "Tailscale SSH".
 */
export function policyProblems(policy: PolicyFile): readonly string[] {
  const unknown = (side: string, selectors: readonly string[]): readonly string[] =>
    selectors.flatMap((selector) => {
      const found = selectorProblem(selector, policy);
      return found === undefined ? [] : [`${side}=${found}`];
    });
  const postures = [...(policy.acls ?? []), ...(policy.grants ?? []), ...(policy.ssh ?? [])].flatMap(
    ({ srcPosture }) => srcPosture ?? [],
  );
  return [
    ...permissionsOf(policy).flatMap(({ sources, destination }) => [
      ...unknown("src", sources),
      ...unknown("dst", [destination]),
      ...selfProblems(sources, [destination]),
    ]),
    ...(policy.ssh ?? []).flatMap((rule) => [
      ...unknown("src", rule.src),
      ...unknown("dst", rule.dst),
      ...sshProblems(rule),
    ]),
    ...(policy.grants ?? []).flatMap((grant) => [
      ...(grant.ip === undefined && grant.app === undefined ? ["grants: one of ip and app must be given"] : []),
      ...(grant.ip ?? []).flatMap(portProblem),
    ]),
    ...unknown("tagOwners", Object.values(policy.tagOwners ?? {}).flat()),
    ...(policy.tests ?? []).flatMap(({ src }) => unknown("test src", [src])),
    ...(policy.sshTests ?? []).flatMap(({ src, dst }) => unknown("ssh test", [src, ...dst])),
    ...(policy.nodeAttrs ?? []).flatMap(({ target }) => unknown("nodeAttrs target", target ?? [])),
    ...groupProblems(policy),
    ...hostProblems(policy),
    ...approverProblems(policy, unknown),
    ...[...postures, ...(policy.defaultSrcPosture ?? [])]
      .filter((name) => !Object.hasOwn(policy.postures ?? {}, name))
      .map((name) => `posture not found: "${name}"`),
  ];
}

/** Why a selector means nothing in this policy, or undefined when it is in order. */
function selectorProblem(selector: string, policy: PolicyFile): string | undefined {
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

function isTag(selector: string): boolean {
  return selector.startsWith("tag:") || selector === "autogroup:tagged";
}

/** A tagged device belongs to nobody, so it has no devices "of its own". */
function selfProblems(sources: readonly string[], destinations: readonly string[]): readonly string[] {
  if (!destinations.includes("autogroup:self")) return [];
  return sources
    .filter((source) => isTag(source) || source === "*" || isIP(source.split("/")[0] ?? "") !== 0)
    .map((source) => `autogroup:self can be reached by users and groups only, not by "${source}"`);
}

function sshProblems({ action, src, dst }: SshRule): readonly string[] {
  const isPerson = (selector: string) => selector.includes("@") || /^autogroup:(self|member)$/.test(selector);
  const tags = src.filter(isTag);
  return [
    ...dst
      .filter((selector) => !isTag(selector) && !isPerson(selector))
      .map((selector) => `ssh dst=invalid: "${selector}"; expected a tag, a user or autogroup:self`),
    ...(action === "check"
      ? tags.map((tag) => `ssh src=invalid: "${tag}"; nobody can check in for a tagged device`)
      : []),
    ...(dst.some(isPerson)
      ? tags.map((tag) => `ssh src=invalid: "${tag}"; tagged devices cannot reach those of users`)
      : []),
  ];
}

const protocols = "ah|egp|esp|gre|icmp|igmp|igp|ip-in-ip|ipv4|ipv6-icmp|sctp|tcp|udp|\\d{1,3}";
const portPattern = new RegExp(`^(?:\\*|(?:${protocols})|(?:(?:${protocols}):)?(?:\\*|\\d{1,5}(?:-\\d{1,5})?))$`);

/** @param entry of a grant's `ip`: `*`, `443`, `tcp:443`, `udp:5000-5999`, `icmp` */
function portProblem(entry: string): readonly string[] {
  const ports = /(\d+)-(\d+)$/.exec(entry);
  const isInOrder = ports === null || Number(ports[1]) <= Number(ports[2]);
  const highest = Math.max(0, ...(entry.split(":").at(-1)?.split("-") ?? []).map(Number).filter(Number.isFinite));
  return portPattern.test(entry) && isInOrder && highest <= 65_535 ? [] : [`grants: invalid ip "${entry}"`];
}

function groupProblems({ groups = {} }: PolicyFile): readonly string[] {
  return Object.entries(groups).flatMap(([name, members]) =>
    members
      .filter((member) => member.startsWith("group:") || member.startsWith("tag:"))
      .map((member) => `${name}: "${member}" cannot be in a group, which has users only`),
  );
}

function hostProblems({ hosts = {} }: PolicyFile): readonly string[] {
  return Object.entries(hosts)
    .filter(([, address]) => !isNetwork(address))
    .map(([name, address]) => `hosts: "${name}" is no address or network: "${address}"`);
}

function approverProblems(
  { autoApprovers = {} }: PolicyFile,
  unknown: (side: string, selectors: readonly string[]) => readonly string[],
): readonly string[] {
  const { routes = {}, exitNode = [], services = {} } = autoApprovers;
  return [
    ...Object.keys(routes)
      .filter((network) => !isNetwork(network))
      .map((network) => `autoApprovers: "${network}" is no network; its host bits must be zero`),
    ...unknown("autoApprovers", [...Object.values(routes).flat(), ...exitNode, ...Object.values(services).flat()]),
  ];
}

/** An address, or a network whose host bits are zero. */
function isNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return family === 4 ? parseAlignedBlock(text) !== undefined : /^\d{1,3}$/.test(prefix) && Number(prefix) <= 128;
}
