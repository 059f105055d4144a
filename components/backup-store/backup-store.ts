import * as pulumi from "@pulumi/pulumi";
import type { BackupStoreArgs } from "./backup-store-args";

/** A storage account for what must survive everything else. */
export class BackupStore extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;
  /** @example "https://alaibackups0ebb.blob.core.windows.net/" */
  readonly blobEndpoint: pulumi.Output<string>;
  /** The host name that leads to the blobs: what a tailnet resolves through the network when the account is private. */
  readonly privateNames: readonly pulumi.Output<string>[];

  constructor(name: string, args: BackupStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:storage:BackupStore", name, {}, opts);
    void args;
    this.id = pulumi.output("");
    this.accountName = pulumi.output("");
    this.blobEndpoint = pulumi.output("");
    this.privateNames = [];
  }

  /** The Azure id of a container. @throws when it is not one of the store's */
  containerId(container: string): pulumi.Output<string> {
    return pulumi.interpolate`${this.id}/blobServices/default/containers/${container}`;
  }
}
