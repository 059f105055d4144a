import { Resolver } from "node:dns/promises";

export interface NameLookup {
  /** Where name servers are asked for. Default: where this machine asks. */
  readonly resolver?: Resolver;
  /** The port of the zone's own servers. @default 53 */
  readonly port?: number;
}

const patience = { timeout: 2_000, tries: 2 };

/**
 * The address that a name leads to now, asked of the servers of its zone: any other would answer from its cache for as long as the
 * record may be kept, and a failover is measured in less. Where none of them can be asked, this machine's answers.
 *
 * @returns undefined when the name leads nowhere, or nobody answers
 */
export async function addressNow(hostname: string, lookup: NameLookup = {}): Promise<string | undefined> {
  const { resolver = new Resolver(patience), port = 53 } = lookup;
  const servers = await zoneServers(hostname, resolver);
  if (servers.length === 0) return addressFrom(resolver, hostname);
  const zone = new Resolver(patience);
  zone.setServers(servers.map((address) => `${address}:${port}`));
  return (await addressFrom(zone, hostname)) ?? addressFrom(resolver, hostname);
}

/** Addresses of the servers of the zone that a name is in: the longest of its ends that has any. */
async function zoneServers(hostname: string, resolver: Resolver): Promise<readonly string[]> {
  const labels = hostname.split(".");
  for (let dropped = 0; dropped < labels.length - 1; dropped += 1) {
    const names = await resolver.resolveNs(labels.slice(dropped).join(".")).catch(() => []);
    if (names.length === 0) continue;
    return (await Promise.all(names.map((name) => resolver.resolve4(name).catch(() => [])))).flat();
  }
  return [];
}

async function addressFrom(resolver: Resolver, hostname: string): Promise<string | undefined> {
  const [address] = await resolver.resolve4(hostname).catch(() => []);
  return address;
}
