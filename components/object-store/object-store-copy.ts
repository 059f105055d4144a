import * as pulumi from "@pulumi/pulumi";
import { blobHost, wayToBlobs } from "../blob-account/account-parts";
import type { StackContext } from "../context/stack-context";
import type { RoleGrant } from "../identity/role-assignment";
import { partsOfId } from "../naming/azure-id";
import type { PrivateNetwork } from "../network/private-network";
import { type CopyPlace, containerAccess } from "./object-store";

export interface ObjectStoreCopyArgs {
  readonly context: StackContext;
  /** Where its private address goes. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** Where its private address is. Needs the zone `blob`. */
  readonly network: PrivateNetwork;
  /** The second account of the other environment's store. Replacement of the private address: another account. */
  readonly copy: pulumi.Input<CopyPlace>;
  /** The containers of that store. @example ["pdfs"] */
  readonly containers: readonly string[];
}

/**
 * The objects of an environment that stands by for another: the account to which that one's {@link ObjectStore} copies every object,
 * reached from here. The account and what is in it belong to the other environment.
 *
 * Until a takeover ends the copying, Azure refuses to write there with 409; reading works. What runs here has its roles from the
 * beginning, so that a takeover waits for none.
 */
export class ObjectStoreCopy extends pulumi.ComponentResource {
  readonly blobEndpoint: pulumi.Output<string>;
  /** Host names that only the network resolves. */
  readonly privateNames: readonly pulumi.Output<string>[];

  readonly #name: string;
  readonly #accountId: pulumi.Output<string>;
  readonly #containers: readonly string[];

  constructor(name: string, args: ObjectStoreCopyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:storage:ObjectStoreCopy", name, {}, opts);
    const copy = pulumi.output(args.copy);
    this.#name = name;
    this.#accountId = copy.accountId;
    this.#containers = args.containers;
    const account = { id: this.#accountId, address: copy.blobAddress };
    this.blobEndpoint = wayToBlobs(name, account, { addresses: [], privateEndpoint: true }, args, this).address;
    this.privateNames = [blobHost(partsOfId(this.#accountId).name)];
    this.registerOutputs({ blobEndpoint: this.blobEndpoint });
  }

  /**
   * What lets its bearer read a container, or write it as well once objects no longer come there.
   *
   * @throws when the other environment's store does not have the container
   */
  access(container: string, way: "read" | "write"): RoleGrant {
    const id = pulumi.interpolate`${this.#accountId}/blobServices/default/containers/${container}`;
    const found = this.#containers.includes(container) ? id : undefined;
    return containerAccess(`ObjectStoreCopy "${this.#name}"`, found, container, way);
  }
}
