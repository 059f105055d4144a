import { BlobServiceClient } from "@azure/storage-blob";
import { azureCredential } from "../../lib/azure/sign-in";
import { BlobLeaseStore } from "../../programs/host/lease/blob-lease-store";
import type { LeaseRead } from "../../programs/host/lease/lease";
import type { SystemHosts } from "../../stacks/system-hosts";

/**
 * Reads the lease with the credentials of whoever runs this: `az login`, a workflow's identity. It needs the role Storage Blob Data
 * Reader on the lease's container.
 */
export async function readLease({ lease }: Pick<SystemHosts, "lease">): Promise<LeaseRead> {
  const { account, container, blob } = lease;
  if (account === undefined) return { kind: "missing" };
  const service = new BlobServiceClient(`https://${account}.blob.core.windows.net`, azureCredential(), {
    retryOptions: { maxTries: 2 },
  });
  // The first request also gets a token, which takes its time.
  return new BlobLeaseStore(service.getContainerClient(container), blob, 20_000).read();
}
