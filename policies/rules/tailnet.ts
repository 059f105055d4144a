import { parseBlock, sizeOfUnion } from "../../lib/ipv4";
import { allOf, compliant, type RuleOutcome, violation } from "../outcome";
import { type PolicyResource, rulesOf } from "../rule";
import { readDocument } from "./shared/hujson-document";
import { ipv6Width, isInternetWide } from "./shared/open-sources";
import { entries, isEmpty, items, type Reading, read, readWithin, textsOf } from "./shared/property-reading";

const types = ["tailscale:index/acl:Acl"];

export const tailnetRules = rulesOf("public-access", [
  {
    id: "tailnet-policy-reach",
    controls: ["Own"],
    description:
      "The tailnet's policy names who reaches which devices at which ports; nobody reaches everything, and nothing is opened to the internet.",
    remediation:
      "Name groups or tags in src, tags, devices or small networks in dst, and ports; give no device Funnel, and approve no route to everything.",
    types,
    evaluate: (acl) =>
      checkPolicy(acl, (policy) => [
        ...items(readWithin(policy, "acls")).map((rule) => requireNamed(accessOf(rule), policy)),
        ...items(readWithin(policy, "grants")).map((rule) => requireNamed(grantOf(rule), policy)),
        ...entries(readWithin(policy, "tagowners")).map((owners) =>
          refuse(owners, textsOf(items(owners)).some(isMembers), "is a tag that everybody may give"),
        ),
        ...entries(readWithin(readWithin(policy, "autoapprovers"), "routes")).map((route) =>
          refuse(route, isWideRoute(route), "makes a way to every address by itself"),
        ),
        ...items(readWithin(readWithin(policy, "autoapprovers"), "exitnode")).map((exit) =>
          refuse(exit, true, "becomes a way to every address by itself"),
        ),
        ...items(readWithin(policy, "nodeattrs")).map((node) =>
          refuse(node, textsOf(items(readWithin(node, "attr"))).includes("funnel"), "opens devices to the internet"),
        ),
      ]),
  },
  {
    id: "tailnet-policy-ssh",
    controls: ["Own"],
    description: "By the tailnet's SSH, named people or tags come to named devices, as a named user that is not root.",
    remediation:
      "Name groups or tags in src, tags or devices in dst, and users other than root, autogroup:nonroot and *.",
    types,
    evaluate: (acl) =>
      checkPolicy(acl, (policy) =>
        items(readWithin(policy, "ssh")).flatMap((rule) => {
          const list = (name: string) => textsOf(items(readWithin(rule, name)));
          return [
            refuse(rule, areEverybody(list("src"), policy), "lets everybody in"),
            refuse(rule, areEverything(list("dst"), policy), "leads to everything"),
            refuse(rule, list("users").some(isAnyUser), "lets somebody be root, or any user"),
          ];
        }),
      ),
  },
]);

function isAnyUser(user: string): boolean {
  return ["root", "autogroup:nonroot", "*"].includes(user) || user.startsWith("localpart:*");
}

function refuse(part: Reading, isWrong: boolean, why: string): RuleOutcome {
  return isWrong ? violation(part.path, why) : compliant;
}

/** Reads the policy file of an ACL. One that no rule can read is a violation. */
function checkPolicy(acl: PolicyResource, checks: (policy: Reading) => readonly RuleOutcome[]): RuleOutcome {
  const text = read(acl, "acl");
  if (isEmpty(text)) return violation(text.path, "is not set, so everybody reaches everything");
  const policy = readDocument(text);
  return policy === undefined ? violation(text.path, "is not HuJSON, so no rule can read it") : allOf(checks(policy));
}

/** Who reaches what, however it is written. */
interface Access {
  readonly rule: Reading;
  readonly sources: readonly string[];
  /** Tags, devices, networks. */
  readonly targets: readonly string[];
  /** Ports or ranges of them, without what has none. */
  readonly ports: readonly string[];
}

/** An entry of `acls`: in `dst` (earlier `ports`) ports follow the last colon, `tag:host:22,80`. */
function accessOf(rule: Reading): Access {
  const list = (...names: string[]) => names.flatMap((name) => textsOf(items(readWithin(rule, name))));
  const destinations = list("dst", "ports").map((text) => {
    const colon = text.lastIndexOf(":");
    return colon < 0 ? { target: text, ports: "*" } : { target: text.slice(0, colon), ports: text.slice(colon + 1) };
  });
  const [protocol = ""] = list("proto");
  return {
    rule,
    sources: list("src", "users"),
    targets: destinations.map(({ target }) => target),
    ports: withoutPorts.includes(protocol) ? [] : destinations.flatMap(({ ports }) => ports.split(",")),
  };
}

/** An entry of `grants`: the protocols and ports are in `ip`, `tcp:22`. */
function grantOf(rule: Reading): Access {
  const list = (name: string) => textsOf(items(readWithin(rule, name)));
  const allowed = list("ip").map((text) => text.split(":"));
  const withPorts = allowed.filter(([protocol = ""]) => !withoutPorts.includes(protocol));
  return { rule, sources: list("src"), targets: list("dst"), ports: withPorts.map((parts) => parts.at(-1) ?? "*") };
}

/** Protocols that have no ports, by name and number. */
const withoutPorts = ["icmp", "1", "igmp", "2", "ipv6-icmp", "58", "esp", "50", "ah", "51", "gre", "47"];

function requireNamed({ rule, sources, targets, ports }: Access, policy: Reading): RuleOutcome {
  // A person's own devices are nobody else's.
  const others = targets.filter((target) => target !== "autogroup:self");
  return allOf([
    refuse(rule, areEverybody(sources, policy), "lets everybody in"),
    refuse(rule, areEverything(others, policy), "leads to everything"),
    refuse(rule, others.length > 0 && areTooMany(ports), "leads to every port"),
  ]);
}

/** Everybody in the tailnet, or beyond it. */
function areEverybody(sources: readonly string[], policy: Reading): boolean {
  return sources.includes("autogroup:danger-all") || areEverything(sources, policy);
}

function isMembers(owner: string): boolean {
  return ["*", "autogroup:member", "autogroup:danger-all"].includes(owner);
}

/** Everything, or more of the network than a /16 of IPv4 or a /64 of IPv6: the tailnet itself is 100.64.0.0/10 and fd7a:115c:a1e0::/48. */
function areEverything(selectors: readonly string[], policy: Reading): boolean {
  const named = ["hosts", "ipsets"].flatMap((list) =>
    selectors.flatMap((name) => textsOf(items(readWithin(readWithin(policy, list), name)))),
  );
  // An IP set adds hosts by their names, too.
  const meant = [...selectors, ...named.map((text) => text.replace(/^add /, ""))];
  const addresses = meant.flatMap((text) => [text, ...textsOf([readWithin(readWithin(policy, "hosts"), text)])]);
  const isWideIpv6 = (text: string) => ipv6Width(text) !== undefined && Number(text.split("/")[1] ?? 128) < 64;
  const isWide = sizeOfUnion(addresses.flatMap((text) => parseBlock(text) ?? [])) > 2 ** 16;
  return addresses.includes("*") || isWide || addresses.some(isWideIpv6);
}

/** More than 1,024 ports, counted together: nobody who names the ports of services needs as many. */
function areTooMany(ports: readonly string[]): boolean {
  const ranges = ports.map((text) => text.trim().split("-").map(Number));
  if (ranges.some((range) => range.some(Number.isNaN))) return true;
  return sizeOfUnion(ranges.map(([first = 0, last = first]) => ({ first, last }))) > 1024;
}

function isWideRoute(route: Reading): boolean {
  const block = route.path.slice(route.path.lastIndexOf(".routes.") + ".routes.".length);
  const range = parseBlock(block);
  return range === undefined ? (ipv6Width(block) ?? 2) > 1 : isInternetWide(range);
}
