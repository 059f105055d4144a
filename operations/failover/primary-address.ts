import type { LeaseRead } from "../../programs/host/lease/lease";
import type { SystemHosts } from "../../stacks/system-hosts";
import type { PrimaryAddress } from "../drift/failover-names";
import type { HostsStatus } from "../status/stack-status";

/**
 * Where the failover name has to point, from the lease. Before the first one it is the host that is meant to be primary.
 *
 * @param read what the store said
 */
export function primaryAddress({ hosts }: Pick<SystemHosts, "hosts">, read: LeaseRead): PrimaryAddress {
  switch (read.kind) {
    case "corrupt":
      return { kind: "unknown", why: read.problem };
    case "unreachable":
      return { kind: "unknown", why: `the store does not answer (${read.reason})` };
    case "missing":
    case "found": {
      const lease = read.kind === "found" ? read.lease : undefined;
      const primary = lease?.primary ?? hosts.find(({ role }) => role === "primary")?.name ?? "";
      const address = hosts.find(({ name }) => name === primary)?.address;
      if (address === undefined)
        return { kind: "unknown", why: `the lease names ${primary}, whose address the inventory does not know` };
      return { kind: "known", primary, address, term: lease?.term ?? 0 };
    }
  }
}

/** Reads the lease of a system's hosts. */
export type LeaseReader = (hosts: Pick<SystemHosts, "lease">) => Promise<LeaseRead>;

/**
 * Which host is primary, by the lease alone: for a machine that has no settings to ask the hosts.
 *
 * @param read what the store says
 */
export function readHostsByLease(read: LeaseReader): (hosts: SystemHosts) => Promise<HostsStatus> {
  return async (hosts) => {
    const address = primaryAddress(hosts, await read(hosts));
    if (address.kind === "unknown") throw new Error(`the lease cannot be read: ${address.why}`);
    return { primary: address.primary, term: address.term, hosts: {}, problems: [] };
  };
}
