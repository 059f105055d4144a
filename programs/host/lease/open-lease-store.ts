import type { HostSettings } from "../host-settings";
import { readSecrets, secretsFileOf } from "../secrets/secrets-file";
import { storeClient } from "../secrets/store-client";
import { BlobLeaseStore } from "./blob-lease-store";
import type { LeaseStore } from "./lease-store";

/**
 * The lease of a host's pair, with the credentials in its secrets file.
 *
 * @throws SecretsFileError
 */
export async function openLeaseStore(settings: HostSettings): Promise<LeaseStore> {
  const { store, root } = settings;
  const client = await storeClient(store, readSecrets(secretsFileOf(root)));
  return new BlobLeaseStore(client.getContainerClient(store.leaseContainer), store.leaseBlob);
}
