import type { LeaseRead } from "../../programs/host/lease/lease-store";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import type { PrimaryAddress } from "../drift/failover-names";

/**
 * Where the failover name has to point, from the lease. Before the first one it is the host that is meant to be primary.
 *
 * @param read what the store said
 */
export function primaryAddress(read: LeaseRead): PrimaryAddress {
  const { hosts, tailnet } = loadAlaiInventory();
  switch (read.kind) {
    case "corrupt":
      return { kind: "unknown", why: read.problem };
    case "unreachable":
      return { kind: "unknown", why: `the store does not answer (${read.reason})` };
    case "missing":
    case "found": {
      const lease = read.kind === "found" ? read.lease : undefined;
      const primary = lease?.primary ?? hosts.hosts.find(({ role }) => role === "primary")?.name ?? "";
      const address = tailnet.tailnet.devices.find(({ name }) => name === primary)?.address;
      if (address === undefined)
        return { kind: "unknown", why: `the lease names ${primary}, which tailnet.yaml does not know` };
      return { kind: "known", primary, address, term: lease?.term ?? 0 };
    }
  }
}
