import {
  BlobContainer,
  type BlobContainerArgs,
  BlobContainerImmutabilityPolicy,
  StorageAccount,
  type StorageAccountArgs,
} from "@pulumi/azure-native/storage";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type RefusalReason, refusal, refuse } from "../../lib/refusal";
import { adopted } from "../adoption/resource-options";
import { type AccountPlace, closedAccountArgs, type Redundancy } from "../blob-account/account-args";
import { auditBlobs, blobAddress, blobHost, keepBlobs, lockAccount, wayToBlobs } from "../blob-account/account-parts";
import { recoveryArgs } from "../blob-account/lifecycle";
import { isProduction } from "../context/stack-context";
import { assignRole, principalTypeSchema } from "../identity/role-assignment";
import { physicalName } from "../naming/physical-name";
import { type ReachPlan, reachPlan } from "../reach/reach-plan";
import { transformed } from "../transform/transform";
import type { BackupContainer, BackupStoreArgs } from "./backup-store-args";
import { backupStoreSchema } from "./schema";
import { accountParts } from "./store-problems";

/**
 * A storage account for what must survive everything else: no keys, nothing public, versions and soft delete, retention and roles
 * per container, a lock against deletion.
 */
export class BackupStore extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;
  /** @example "https://alaibackups0ebb.blob.core.windows.net/" */
  readonly blobEndpoint: pulumi.Output<string>;
  /** The host name that leads to the blobs: what a tailnet resolves through the network when the account is private. */
  readonly privateNames: readonly pulumi.Output<string>[];

  readonly #name: string;
  readonly #args: BackupStoreArgs;
  readonly #account: StorageAccount;
  readonly #containerIds = new Map<string, pulumi.Output<string>>();
  readonly #inside: readonly pulumi.Resource[];
  /** Where the account is: an adopted one stays in its group. */
  readonly #group: pulumi.Input<string>;

  constructor(name: string, args: BackupStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:storage:BackupStore", name, {}, opts);
    refuse(`BackupStore "${name}"`, storeProblems(args), args);
    const plan = reachPlan(`BackupStore "${name}"`, args.reachedBy, { network: args.network !== undefined });
    const { context } = args;
    const existing = args.adopt === undefined ? undefined : accountParts(args.adopt);
    this.#name = name;
    this.#args = args;
    this.#group = existing?.resourceGroupName ?? args.resourceGroupName;

    const accountName = existing?.accountName ?? physicalName(context, "storageAccount", name);
    const wanted = accountArgs(args, plan, { resourceGroupName: this.#group, accountName });
    this.#account = new StorageAccount(
      ...transformed(args.transform?.account, name, wanted, { parent: this, ...adopted(context, args.adopt) }),
    );
    this.id = this.#account.id;
    this.accountName = this.#account.name;
    const reached = { id: this.id, address: blobAddress(this.#account) };
    const { address, way } = wayToBlobs(name, reached, plan, args, this);
    this.blobEndpoint = address;
    this.privateNames = plan.privateEndpoint ? [blobHost(this.accountName)] : [];

    this.#inside = [...way, ...this.#recovery(), ...args.containers.flatMap((container) => this.#container(container))];
    auditBlobs(name, this.id, args, this);
    if ((args.deletionLock ?? (context.lasting ? "with-the-store" : "none")) === "with-the-store") this.lock();
    this.registerOutputs({ id: this.id, accountName: this.accountName, blobEndpoint: this.blobEndpoint });
  }

  /**
   * The Azure id of a container, known once the container is there: whoever is given it comes after.
   *
   * @throws when the container is not one of the store's
   */
  containerId(container: string): pulumi.Output<string> {
    const id = this.#containerIds.get(container);
    if (id === undefined) {
      throw refusal(
        `BackupStore "${this.#name}"`,
        [`the container "${container}" is not declared; add it to the store's containers`],
        this.#args,
      );
    }
    return id;
  }

  /** A container as a job sees it that has a role there. */
  container(name: string): { readonly id: pulumi.Output<string>; readonly url: pulumi.Output<string> } {
    return { id: this.containerId(name), url: pulumi.interpolate`${this.blobEndpoint}${name}` };
  }

  /**
   * The container that is declared for copies of another one's replicas.
   *
   * @throws when no container is
   */
  copiesOf(replicas: string): string {
    const copies = this.#args.containers.find((each) => each.holds !== "litestream" && each.copiesOf === replicas);
    if (copies !== undefined) return copies.name;
    throw refusal(`BackupStore "${this.#name}"`, [`no container is copiesOf "${replicas}"; declare one`], this.#args);
  }

  #recovery(): pulumi.Resource[] {
    const { containers, changeFeed } = this.#args;
    const recoveryDays = recoveryDaysOf(this.#args);
    const recovery = recoveryArgs(containers, recoveryDays, changeFeed ?? false);
    const inAccount = { resourceGroupName: this.#group, accountName: this.accountName };
    const { blobService, lifecycle } = keepBlobs(this.#name, inAccount, { containers, recoveryDays, recovery }, this);
    return [blobService, lifecycle];
  }

  #container(container: BackupContainer): pulumi.Resource[] {
    const { context, adopt, transform } = this.#args;
    const name = `${this.#name}-${container.name}`;
    const inAccount = { resourceGroupName: this.#group, accountName: this.accountName, containerName: container.name };
    const id = container.exists === true ? `${adopt}/blobServices/default/containers/${container.name}` : undefined;
    const keptByLock = container.retired === undefined ? {} : { retainOnDelete: true };
    const blobContainer = new BlobContainer(
      ...transformed<BlobContainerArgs>(
        transform?.container,
        name,
        { ...inAccount, publicAccess: "None" },
        { parent: this, ...adopted(context, id, container.retired), ...keptByLock },
      ),
    );
    const days = container.immutableDays;
    this.#containerIds.set(container.name, blobContainer.id);
    const policies =
      days === undefined
        ? []
        : [this.#immutability(name, { ...inAccount, containerName: blobContainer.name }, days, keptByLock)];
    const roles = (container.roles ?? []).map(({ who, role, principalId, principalType }) => {
      const grant = { on: container.name, role, scope: blobContainer.id };
      return assignRole(`${this.#name}-${who}`, { context, principalId, principalType, grant }, { parent: this });
    });
    return [blobContainer, ...policies, ...roles];
  }

  /** Unlocked, always: a locked policy could never be taken back, and would keep the account and its group alive. */
  #immutability(
    name: string,
    inAccount: {
      resourceGroupName: pulumi.Input<string>;
      accountName: pulumi.Input<string>;
      containerName: pulumi.Input<string>;
    },
    days: number,
    options: pulumi.CustomResourceOptions,
  ): BlobContainerImmutabilityPolicy {
    return new BlobContainerImmutabilityPolicy(
      name,
      {
        ...inAccount,
        immutabilityPolicyName: "default",
        immutabilityPeriodSinceCreationInDays: days,
        allowProtectedAppendWrites: false,
      },
      { parent: this, ...options },
    );
  }

  /**
   * Makes the deletion lock: last, so that it goes first when the store goes. Azure keeps roles below a lock from being deleted too.
   *
   * @param granted what has roles in the store: components or role assignments
   */
  lock(granted: readonly pulumi.Resource[] = []): void {
    const account = { context: this.#args.context, id: this.id, holds: "backups" };
    lockAccount(this.#name, account, [...this.#inside, ...granted], this);
  }
}

/** What no inventory says of a container. */
const containerRoles = z.object({
  containers: z.array(z.object({ roles: z.array(z.object({ principalType: principalTypeSchema })).optional() })),
});

/** Everything that is wrong with a store's arguments before anything is made. */
export function storeProblems(args: BackupStoreArgs): readonly RefusalReason[] {
  const account = args.adopt === undefined ? undefined : accountParts(args.adopt);
  const entry = {
    redundancy: redundancyOf(args),
    recoveryDays: recoveryDaysOf(args),
    adopt: account && { resourceGroup: account.resourceGroupName, account: account.accountName },
    containers: args.containers.map(({ roles: _, ...container }) => container),
  };
  const isNoAccount = args.adopt !== undefined && account === undefined;
  return [
    ...argumentProblems(backupStoreSchema, entry),
    ...argumentProblems(containerRoles, args),
    ...(isNoAccount ? [`adopt "${args.adopt}" is not the Azure id of a storage account`] : []),
    ...args.containers.flatMap(({ copiesOf, roles = [] }, index) =>
      copiesOf === undefined || roles.length === 0
        ? []
        : [{ path: ["containers", index, "roles"], message: "only the copying job may write there; leave them out" }],
    ),
  ];
}

function recoveryDaysOf({ context, recoveryDays }: BackupStoreArgs): number {
  return recoveryDays ?? (isProduction(context) ? 30 : 7);
}

function redundancyOf({ context, redundancy }: BackupStoreArgs): Redundancy {
  return redundancy ?? (isProduction(context) ? "geo" : "local");
}

/** The account as Azure takes it: closed to all but those who reach it. */
export function accountArgs(args: BackupStoreArgs, plan: ReachPlan, place: AccountPlace): StorageAccountArgs {
  const wanted = { location: args.context.location, redundancy: redundancyOf(args), accessTier: "Hot" } as const;
  return closedAccountArgs({ ...wanted, exists: args.adopt !== undefined }, plan, place);
}
