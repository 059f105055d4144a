import { contains, parseAlignedBlock } from "../../lib/ipv4";
import type { TailnetEntry } from "./schema";

/** People by group, added to those of the inventory. */
export type GroupMembers = Readonly<Record<string, readonly string[]>>;

/**
 * The tailnet's policy file: who reaches what, and the tests that Tailscale runs before it accepts the file.
 *
 * Lists and keys are sorted, so that the same inventory always gives the same text. It is JSON, which HuJSON includes.
 */
export function policyFile(tailnet: TailnetEntry, members: GroupMembers): string {
  const policy = {
    groups: groupsOf(tailnet, members),
    tagOwners: sortedLists(tailnet.tagOwners),
    hosts: Object.fromEntries(
      sorted(tailnet.devices, (device) => device.name).map(({ name, address }) => [name, address]),
    ),
    grants: sorted(tailnet.grants, (grant) => grant.why).map((grant) => ({
      src: sorted(grant.from),
      dst: sorted(grant.to),
      ip: sorted(grant.ports),
    })),
    ssh: tailnet.ssh.map((rule) => ({
      action: rule.action,
      src: sorted(rule.from),
      dst: sorted(rule.to),
      users: sorted(rule.users),
    })),
    ...(Object.keys(tailnet.routes).length === 0 ? {} : { autoApprovers: { routes: sortedLists(tailnet.routes) } }),
    tests: policyTests(tailnet),
  };
  return `${JSON.stringify(policy, null, 2)}\n`;
}

/** Groups of both sources; a group without members stays, because a rule may name it. */
function groupsOf(tailnet: TailnetEntry, members: GroupMembers): Record<string, string[]> {
  const names = sorted([...new Set([...Object.keys(tailnet.groups), ...Object.keys(members)])]);
  return Object.fromEntries(
    names.map((name) => [name, sorted([...new Set([...(tailnet.groups[name] ?? []), ...(members[name] ?? [])])])]),
  );
}

function sortedLists(lists: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(sorted(Object.entries(lists), ([key]) => key).map(([key, list]) => [key, sorted(list)]));
}

function sorted(list: readonly string[]): string[];
function sorted<Item>(list: readonly Item[], by: (item: Item) => string): Item[];
function sorted<Item>(list: readonly Item[], by: (item: Item) => string = String): Item[] {
  return [...list].sort((left, right) => (by(left) < by(right) ? -1 : by(left) > by(right) ? 1 : 0));
}

/** Everything that Tailscale would refuse about the policy, or that would open it wider than it looks. */
export function policyProblems(tailnet: TailnetEntry, members: GroupMembers): string[] {
  return [
    ...unknownNames(tailnet, members),
    ...unroutedNetworks(tailnet),
    ...repeatedDevices(tailnet),
    ...searchedInWholeZone(tailnet),
  ];
}

function unknownNames(tailnet: TailnetEntry, members: GroupMembers): string[] {
  const known = new Set([
    ...tailnet.devices.map((device) => device.name),
    ...Object.keys(tailnet.groups),
    ...Object.keys(members),
    ...Object.keys(tailnet.tagOwners),
  ]);
  const used: [where: string, names: readonly string[]][] = [
    ...tailnet.grants.map((grant): [string, string[]] => [
      `grant "${grant.why}"`,
      [...grant.from, ...grant.to.filter((destination) => !isNetwork(destination))],
    ]),
    ...tailnet.ssh.map((rule, index): [string, string[]] => [`ssh[${index}]`, [...rule.from, ...rule.to]]),
    ...tailnet.devices.map((device): [string, string[]] => [`device ${device.name}`, device.tags]),
    ...Object.entries(tailnet.routes).map(([block, tags]): [string, string[]] => [`route ${block}`, tags]),
    ...Object.entries(tailnet.tagOwners).map(([tag, owners]): [string, string[]] => [`owners of ${tag}`, owners]),
  ];
  return used.flatMap(([where, names]) =>
    names
      .filter((name) => !known.has(name) && !name.startsWith("autogroup:"))
      .map((name) => `${where} names "${name}", which is no device, group or tag of the inventory; ${remedy(name)}`),
  );
}

/** A network that no router is trusted with is reached by nobody, whatever the grant says. */
function unroutedNetworks(tailnet: TailnetEntry): string[] {
  const routes = Object.keys(tailnet.routes).flatMap((block) => parseAlignedBlock(block) ?? []);
  return tailnet.grants.flatMap((grant) =>
    grant.to.filter(isNetwork).flatMap((network) => {
      const range = parseAlignedBlock(network);
      if (range === undefined) return [`grant "${grant.why}": "${network}" is not a network, for example 10.20.0.0/16`];
      const routed = routes.some((route) => contains(route, range));
      return routed
        ? []
        : [`grant "${grant.why}" reaches ${network}, for which no router is trusted; add it to routes`];
    }),
  );
}

/** Whether a grant's destination is a network behind a router. */
function isNetwork(destination: string): boolean {
  return destination.includes("/");
}

function remedy(name: string): string {
  if (name.startsWith("tag:")) return "give it an owner in tagOwners";
  if (name.startsWith("group:")) return "add it to groups";
  return "add it to devices";
}

function repeatedDevices(tailnet: TailnetEntry): string[] {
  const names = tailnet.devices.map((device) => device.name);
  const addresses = tailnet.devices.map((device) => device.address);
  return [...repeated(names), ...repeated(addresses)].map((value) => `two devices have ${value}`);
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

/** A public zone as a search path would send every short name that is mistyped to the internet. */
function searchedInWholeZone(tailnet: TailnetEntry): string[] {
  return tailnet.dns.searchPaths
    .filter((path) => path.split(".").length < 3)
    .map((path) => `search path ${path} is a whole domain; use a subdomain of its own, for example net.${path}`);
}

/** A test in the policy file: what a source must reach, and what it must not. Tailscale refuses a policy that fails one. */
interface PolicyTest {
  readonly src: string;
  readonly proto: "tcp" | "udp";
  readonly accept?: readonly string[];
  readonly deny?: readonly string[];
}

interface Endpoint {
  readonly protocol: "tcp" | "udp";
  readonly destination: string;
  readonly port: string;
}

/**
 * Tests made of the grants: every tag reaches what it is granted, and nothing else that some grant speaks of. An edit that opens a
 * port wider than its grant meant to is refused by the service itself.
 *
 * Sources are tags only. A test of people needs a person's name, and what an untagged device reaches depends on whose it is.
 */
export function policyTests(tailnet: TailnetEntry): PolicyTest[] {
  const sources = Object.keys(tailnet.tagOwners).sort();
  return sources.flatMap((src) => (["tcp", "udp"] as const).flatMap((proto) => testsOf(tailnet, src, proto)));
}

function testsOf(tailnet: TailnetEntry, src: string, proto: "tcp" | "udp"): PolicyTest[] {
  const endpoints = endpointsOf(tailnet).filter((endpoint) => endpoint.protocol === proto);
  const spelled = (endpoint: Endpoint) => `${endpoint.destination}:${endpoint.port}`;
  const accept = endpoints.filter((endpoint) => reaches(tailnet, namesOf, src, endpoint)).map(spelled);
  const deny = endpoints.filter((endpoint) => !reaches(tailnet, possibleNamesOf, src, endpoint)).map(spelled);
  if (accept.length + deny.length === 0) return [];
  return [{ src, proto, ...(accept.length === 0 ? {} : { accept }), ...(deny.length === 0 ? {} : { deny }) }];
}

/** Every destination and port that some grant speaks of; a range is tested at its first port. */
function endpointsOf(tailnet: TailnetEntry): Endpoint[] {
  const endpoints = tailnet.grants.flatMap((grant) =>
    grant.to
      .filter((destination) => !destination.startsWith("autogroup:") && !destination.startsWith("group:"))
      // A test takes one address, and which of a network's are in use is not known here.
      .filter((destination) => !destination.includes("/"))
      .flatMap((destination) =>
        grant.ports.map((port): [string, Endpoint] => {
          const protocol = port.startsWith("udp:") ? "udp" : "tcp";
          const first = port.slice(4).split("-")[0] ?? "";
          return [`${destination} ${protocol} ${first}`, { protocol, destination, port: first }];
        }),
      ),
  );
  return [...new Map(endpoints).entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, endpoint]) => endpoint);
}

/** Whether some grant lets the source reach the endpoint, under the names that the two go by. */
function reaches(
  tailnet: TailnetEntry,
  names: (tailnet: TailnetEntry, name: string) => Set<string>,
  source: string,
  endpoint: Endpoint,
): boolean {
  const sourceNames = names(tailnet, source);
  const destinationNames = names(tailnet, endpoint.destination);
  return tailnet.grants.some(
    (grant) =>
      grant.from.some((name) => sourceNames.has(name)) &&
      grant.to.some((name) => destinationNames.has(name)) &&
      grant.ports.some((port) => covers(port, endpoint)),
  );
}

/** The names that hold for every device meant: a device is also what its tags are, and whatever has a tag is `autogroup:tagged`. */
function namesOf(tailnet: TailnetEntry, name: string): Set<string> {
  const tags = name.startsWith("tag:") ? [name] : (tailnet.devices.find((device) => device.name === name)?.tags ?? []);
  return new Set([name, ...tags, ...(tags.length > 0 ? ["autogroup:tagged"] : [])]);
}

/** The names that hold for some device meant: of a tag, also its devices and what else they are. */
function possibleNamesOf(tailnet: TailnetEntry, name: string): Set<string> {
  const holders = tailnet.devices.filter((device) => device.tags.includes(name)).map((device) => device.name);
  return new Set([name, ...holders].flatMap((holder) => [...namesOf(tailnet, holder)]));
}

function covers(port: string, endpoint: Endpoint): boolean {
  const [first = "", last = first] = port.slice(4).split("-");
  return (
    port.startsWith(endpoint.protocol) &&
    Number(first) <= Number(endpoint.port) &&
    Number(endpoint.port) <= Number(last)
  );
}
