import type { TailnetEntry } from "./schema";

/** A test in the policy file: what a source must reach, and what it must not. Tailscale refuses a policy that fails one. */
export interface PolicyTest {
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
  const sources = [...new Set([...tailnet.devices, ...tailnet.keys].flatMap((holder) => holder.tags))].sort();
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
