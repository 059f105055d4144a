import {
  BlobContainer,
  type BlobContainerArgs,
  type BlobServiceProperties,
  ObjectReplicationPolicy,
  StorageAccount,
  type StorageAccountArgs,
} from "@pulumi/azure-native/storage";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refusal, refuse } from "../../lib/refusal";
import { stateful } from "../adoption/resource-options";
import { closedAccountArgs, type Redundancy, type WantedAccount } from "../blob-account/account-args";
import { auditBlobs, blobAddress, blobHost, keepBlobs, lockAccount, wayToBlobs } from "../blob-account/account-parts";
import { recoveryArgs } from "../blob-account/lifecycle";
import type { StackContext } from "../context/stack-context";
import type { RoleGrant } from "../identity/role-assignment";
import { physicalName } from "../naming/physical-name";
import type { PrivateNetwork } from "../network/private-network";
import { type Reach, type ReachPlan, reachPlan } from "../reach/reach-plan";
import { makeGroupElsewhere } from "../resource-group/resource-group";
import { type Transform, transformed } from "../transform/transform";
import { type ObjectStoreInventory, objectStoreArguments } from "./schema";

export interface ObjectStoreArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the account and what it holds. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** The workspace that receives the audit log. */
  readonly workspaceId: pulumi.Input<string>;
  /** Where its private addresses are. Needs the zone `blob`. */
  readonly network: PrivateNetwork;
  /** Who reaches it, and how. Default: the apps in the network. */
  readonly reachedBy?: readonly Reach[] | undefined;
  /** Local ↔ geo changes in place, zone redundancy by migration only. @example "zone" */
  readonly redundancy: Redundancy;
  /** Days that deleted and overwritten objects can be brought back: 7 to 365. @example 30 */
  readonly recoveryDays: number;
  /**
   * A region in which a second account, on the cool tier and in a group of that region, gets every object that is written from then on.
   * Replacement of that account when it changes. Default: none. @example "northeurope"
   *
   * While objects come there nobody can write to it: Azure answers 409. Reading and deleting work. Who takes over takes the replication
   * policy of the second account away first. Source: Azure documentation, "Object replication for block blobs".
   */
  readonly copiesTo?: string | undefined;
  readonly containers: ObjectStoreInventory["containers"];
  readonly transform?: {
    readonly account?: Transform<StorageAccountArgs>;
    readonly container?: Transform<BlobContainerArgs>;
  };
}

/** One of the accounts, with what is in it. */
interface Account {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly account: StorageAccount;
  readonly containers: ReadonlyMap<string, BlobContainer>;
  readonly blobService: BlobServiceProperties;
  readonly endpoint: pulumi.Output<string>;
  readonly inside: readonly pulumi.Resource[];
}

/** Where the second account is: what an environment in its region has to know to use it. */
export interface CopyPlace {
  readonly accountId: string;
  /** @example "https://latticeforgeprod1f9d0c3a.blob.core.windows.net/" */
  readonly blobAddress: string;
}

/**
 * A storage account for what apps read and write: no keys, nothing public, versions and soft delete, a life cycle and roles per
 * container, and a second account in another region where that is asked for.
 *
 * The second account has no lock: what stands by there has roles and a private endpoint of its own on it, which a lock would keep, so
 * that no app there could be replaced and nothing go ([0044](../../docs/decisions/0044-a-standby-uses-the-copy.md)). What it holds is
 * in the first one, too.
 */
export class ObjectStore extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** @example "https://alaidevobjects1f9d0c3a.blob.core.windows.net/" */
  readonly blobEndpoint: pulumi.Output<string>;
  /** Host names that only the network resolves. */
  readonly privateNames: readonly pulumi.Output<string>[];
  /** Where the second account is, once objects come there. Undefined without one. */
  readonly copy: pulumi.Output<CopyPlace> | undefined;
  /** The group that the second account is in. Undefined without one. */
  readonly copyGroup: pulumi.Output<string> | undefined;

  readonly #name: string;
  readonly #args: ObjectStoreArgs;
  readonly #plan: ReachPlan;
  readonly #replication: pulumi.Resource[] = [];
  readonly #source: Account;

  constructor(name: string, args: ObjectStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:storage:ObjectStore", name, {}, opts);
    const { context, copiesTo } = args;
    const same = { path: ["copiesTo"], message: `"${copiesTo}" is where the account is itself; name another region` };
    const problems = [
      ...argumentProblems(objectStoreArguments, args),
      ...(copiesTo === context.location ? [same] : []),
    ];
    refuse(`ObjectStore "${name}"`, problems, args);
    this.#name = name;
    this.#args = args;
    const reachedBy = args.reachedBy ?? [{ who: "apps", via: "private-endpoint" } as const];
    this.#plan = reachPlan(`ObjectStore "${name}"`, reachedBy, { network: true });

    const hot = { location: context.location, redundancy: args.redundancy, accessTier: "Hot" } as const;
    this.#source = this.#account(name, args.resourceGroupName, hot);
    const copy = copiesTo === undefined ? undefined : this.#copyIn(copiesTo);
    const accounts = [this.#source, ...(copy === undefined ? [] : [copy.account])];
    this.copy = copy?.place;
    this.copyGroup = copy?.group;
    this.id = this.#source.account.id;
    this.blobEndpoint = this.#source.endpoint;
    this.privateNames = this.#plan.privateEndpoint ? accounts.map(({ account }) => blobHost(account.name)) : [];
    this.registerOutputs({ id: this.id, blobEndpoint: this.blobEndpoint });
  }

  /**
   * What lets its bearer read a container, or write it as well.
   *
   * @throws when the container is not declared
   */
  access(container: string, way: "read" | "write"): RoleGrant {
    return containerAccess(`ObjectStore "${this.#name}"`, this.#source.containers.get(container)?.id, container, way);
  }

  /**
   * Makes the lock against deletion: last, so that it goes first. Azure keeps roles below a lock from being deleted, too.
   *
   * @param granted what has roles in the store: components or role assignments
   */
  lock(granted: readonly pulumi.Resource[] = []): void {
    const locked = { context: this.#args.context, id: this.id, holds: "objects" };
    lockAccount(this.#name, locked, [...this.#source.inside, ...this.#replication, ...granted], this);
  }

  #copyIn(location: string): {
    readonly account: Account;
    readonly place: pulumi.Output<CopyPlace>;
    readonly group: pulumi.Output<string>;
  } {
    const name = `${this.#name}-copies`;
    const group = makeGroupElsewhere(this.#args.context, name, location, this);
    const account = this.#account(name, group.name, { location, redundancy: "local", accessTier: "Cool" });
    const sent = this.#replicate(this.#source, account);
    const place = pulumi
      .all([account.account.id, blobAddress(account.account), sent.id])
      .apply(([accountId, address]) => ({ accountId, blobAddress: address }));
    return { account, place, group: group.name };
  }

  #account(name: string, resourceGroupName: pulumi.Input<string>, wanted: Omit<WantedAccount, "exists">): Account {
    const { context, recoveryDays, transform } = this.#args;
    const place = { resourceGroupName, accountName: physicalName(context, "storageAccount", name) };
    const account = new StorageAccount(
      ...transformed<StorageAccountArgs>(
        transform?.account,
        name,
        closedAccountArgs({ ...wanted, exists: false }, this.#plan, place),
        { parent: this, ...stateful(context) },
      ),
    );
    const isCopy = wanted.accessTier === "Cool";
    // What is cool from the start moves nowhere, and nothing but replication may write a copy: not even a restore.
    const kept = this.#args.containers.map(({ coolAfterDays, ...rest }) =>
      isCopy ? rest : { ...rest, coolAfterDays },
    );
    const all = recoveryArgs(kept, recoveryDays, this.#args.copiesTo !== undefined);
    const { restorePolicy: _restorePolicy, ...ofCopy } = all;
    const recovery = isCopy ? ofCopy : all;
    const inAccount = { resourceGroupName, accountName: account.name };
    const { blobService, lifecycle } = keepBlobs(name, inAccount, { containers: kept, recoveryDays, recovery }, this);
    const containers = new Map(
      this.#args.containers.map(({ name: containerName, retired }) => [
        containerName,
        new BlobContainer(
          ...transformed<BlobContainerArgs>(
            transform?.container,
            `${name}-${containerName}`,
            { ...inAccount, containerName, publicAccess: "None" },
            // A lock lets nobody delete it through Azure's management.
            { parent: this, ...stateful(context, retired), ...(retired === undefined ? {} : { retainOnDelete: true }) },
          ),
        ),
      ]),
    );
    const reached = { id: account.id, address: blobAddress(account) };
    const { address: endpoint, way } = wayToBlobs(name, reached, this.#plan, this.#args, this);
    auditBlobs(name, account.id, this.#args, this);
    const inside = [blobService, lifecycle, ...containers.values(), ...way];
    return { resourceGroupName, account, containers, blobService, endpoint, inside };
  }

  /** First at the destination, which gives the policy and its rules their ids, then at the source under these. */
  #replicate(source: Account, copy: Account): ObjectReplicationPolicy {
    const accounts = { sourceAccount: source.account.id, destinationAccount: copy.account.id };
    const ready = [source.blobService, copy.blobService, ...source.containers.values(), ...copy.containers.values()];
    const received = new ObjectReplicationPolicy(
      `${this.#name}-copies`,
      {
        ...{ ...accounts, resourceGroupName: copy.resourceGroupName, accountName: copy.account.name },
        objectReplicationPolicyId: "default",
        rules: [...source.containers.keys()].map((name) => ({ sourceContainer: name, destinationContainer: name })),
      },
      { parent: this, dependsOn: ready },
    );
    const sent = new ObjectReplicationPolicy(
      this.#name,
      {
        ...{ ...accounts, resourceGroupName: source.resourceGroupName, accountName: source.account.name },
        objectReplicationPolicyId: received.policyId,
        rules: [...source.containers.keys()].map((name) => ({
          sourceContainer: name,
          destinationContainer: name,
          ruleId: received.rules.apply((rules) => ruleIdOf(name, rules)),
        })),
      },
      { parent: this, dependsOn: ready },
    );
    this.#replication.push(received, sent);
    return sent;
  }
}

/**
 * What lets its bearer read a container, or write it as well.
 *
 * @param component how errors name the component that has the container
 * @param id the container's; undefined when the component does not have it
 * @throws when the component does not have the container
 */
export function containerAccess(
  component: string,
  id: pulumi.Input<string> | undefined,
  container: string,
  way: "read" | "write",
): RoleGrant {
  if (id === undefined)
    throw refusal(component, [`the container "${container}" is not declared; add it to the store's containers`]);
  return { on: container, role: `Storage Blob Data ${way === "read" ? "Reader" : "Contributor"}`, scope: id };
}

/** The id that Azure gave the rule of a container. */
function ruleIdOf(
  container: string,
  rules: readonly { readonly ruleId?: string; readonly sourceContainer: string }[] | undefined,
): string {
  const id = rules?.find(({ sourceContainer }) => sourceContainer === container)?.ruleId;
  if (id !== undefined) return id;
  throw new Error(`Azure gave the replication of "${container}" no id`);
}
