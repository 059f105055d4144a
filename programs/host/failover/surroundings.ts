import type { HostSettings } from "../host-settings";
import { BlobLeaseStore } from "../lease/blob-lease-store";
import { readSecrets, secretsFileOf } from "../secrets/secrets-file";
import { storeClient } from "../secrets/store-client";
import { askHost } from "./host-answer";
import { CloudflareNameRecord } from "./name-record";
import type { FailoverSurroundings } from "./observation";

/**
 * The real store, hosts and record, with the secrets of the machine that this runs on.
 *
 * @throws SecretsFileError
 */
export async function realSurroundings(settings: HostSettings, signal: AbortSignal): Promise<FailoverSurroundings> {
  const secrets = readSecrets(secretsFileOf(settings.root));
  const client = await storeClient(settings.store, secrets);
  const container = client.getContainerClient(settings.store.leaseContainer);
  return {
    settings,
    lease: new BlobLeaseStore(container, settings.store.leaseBlob),
    name: new CloudflareNameRecord(settings.failoverName, secrets.get("CLOUDFLARE_API_TOKEN"), signal),
    ask: (host) => askHost(host, signal),
    signal,
    now: () => new Date(),
  };
}
