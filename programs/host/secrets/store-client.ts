import { BlobServiceClient, type StoragePipelineOptions, StorageSharedKeyCredential } from "@azure/storage-blob";
import type { StoreSettings } from "../host-settings";
import type { Secrets } from "./secrets-file";

// One try: whoever asks decides what a failure means, and a retried conditional write loses against itself.
const options: StoragePipelineOptions = { retryOptions: { maxTries: 1 } };

/**
 * A client of the store with the credentials of the secrets file: the host's service principal, or the account key of an emulated store.
 *
 * @throws SecretsFileError when the file holds neither
 */
export async function storeClient(store: StoreSettings, secrets: Secrets): Promise<BlobServiceClient> {
  const key = secrets.get("LITESTREAM_AZURE_ACCOUNT_KEY");
  if (key !== undefined) {
    return new BlobServiceClient(store.endpoint, new StorageSharedKeyCredential(store.account, key), options);
  }
  // Loaded when needed: it is the larger half of what an agent loads.
  const { ClientSecretCredential } = await import("@azure/identity");
  const credential = new ClientSecretCredential(
    secrets.required("AZURE_TENANT_ID"),
    secrets.required("AZURE_CLIENT_ID"),
    secrets.required("AZURE_CLIENT_SECRET"),
  );
  return new BlobServiceClient(store.endpoint, credential, options);
}
