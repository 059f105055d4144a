import { BlobServiceClient } from "@azure/storage-blob";
import { azureCredential } from "../../lib/azure/sign-in";
import { BlobLeaseStore } from "../../programs/host/lease/blob-lease-store";
import type { LeaseRead } from "../../programs/host/lease/lease-store";
import { loadAlaiInventory } from "../../stacks/alai/inventory";

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
