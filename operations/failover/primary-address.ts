import { BlobServiceClient } from "@azure/storage-blob";
import { azureCredential } from "../../lib/azure/sign-in";
import { BlobLeaseStore } from "../../programs/host/lease/blob-lease-store";
import type { LeaseRead } from "../../programs/host/lease/lease";
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

/**
 * Reads the lease with the credentials of whoever runs this: `az login`, a workflow's identity. It needs the role Storage Blob Data
 * Reader on the lease's container.
 */
export async function readLease(): Promise<LeaseRead> {
  const { backup, hosts } = loadAlaiInventory();
  const account = backup.stores.prod?.adopt?.account;
  if (account === undefined) return { kind: "missing" };
  const service = new BlobServiceClient(`https://${account}.blob.core.windows.net`, azureCredential(), {
    retryOptions: { maxTries: 2 },
  });
  const { container, blob } = hosts.software.lease;
  // The first request also gets a token, which takes its time.
  return new BlobLeaseStore(service.getContainerClient(container), blob, 20_000).read();
}
