import type { HostSettings } from "../host-settings";
import { BlobLeaseStore } from "../lease/blob-lease-store";
import type { LeaseStore } from "../lease/lease-store";
import { ReplicaHeadsBlob } from "../lease/replica-heads";
import { ReplicaPositions } from "../lease/replica-positions";
import { TakeoverRecords } from "../lease/takeover-record";
import { readSecrets, type Secrets, secretsFileOf } from "../secrets/secrets-file";
import { storeClient } from "../secrets/store-client";

/** What an agent has of the store. */
export interface Store {
  readonly secrets: Secrets;
  readonly lease: LeaseStore;
  readonly positions: ReplicaPositions;
  readonly takeovers: TakeoverRecords;
  readonly heads: (policy: string) => ReplicaHeadsBlob;
}

/** The store with the credentials that the secrets file holds now: they are rotated while agents run. */
export class StoreConnection {
  private current: Store | undefined;

  constructor(private readonly settings: HostSettings) {}

  /** @throws SecretsFileError */
  async open(): Promise<Store> {
    const secrets = readSecrets(secretsFileOf(this.settings.root));
    if (this.current?.secrets.opensLike(secrets)) return this.current;
    const { store } = this.settings;
    const client = await storeClient(store, secrets);
    const leases = client.getContainerClient(store.leaseContainer);
    this.current = {
      secrets,
      lease: new BlobLeaseStore(leases, store.leaseBlob),
      positions: new ReplicaPositions(client.getContainerClient(store.container)),
      takeovers: new TakeoverRecords(leases),
      heads: (policy) => new ReplicaHeadsBlob(leases, policy),
    };
    return this.current;
  }
}
