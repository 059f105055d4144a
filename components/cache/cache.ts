import {
  AccessPolicyAssignment,
  Database,
  type DatabaseArgs,
  RedisEnterprise,
  type RedisEnterpriseArgs,
} from "@pulumi/azure-native/redisenterprise";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import type { Retirement } from "../../lib/retirement";
import { stateful } from "../adoption/resource-options";
import { isProduction, type StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import type { PrivateNetwork } from "../network/private-network";
import { sendDiagnostics } from "../observability/diagnostic-settings";
import { onceReachable, plannedEndpoint } from "../reach/private-endpoint";
import { type Reach, reachPlan } from "../reach/reach-plan";
import { Sequence } from "../sequence/sequence";
import { type Transform, transformed } from "../transform/transform";
import {
  type CacheSize,
  type ClusteringPolicy,
  cacheArguments,
  cacheSizes,
  clusteringPolicies,
  type EvictionPolicy,
  evictionPolicies,
  type Persistence,
  persistences,
} from "./schema";

export interface CacheArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the cache and what it holds. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** The workspace that receives who connected. */
  readonly workspaceId: pulumi.Input<string>;
  /** Where its private address is; it has no other. Its network needs the zone `redisEnterprise`. */
  readonly network: PrivateNetwork;
  /** Who reaches it through the network. Default: the apps in it. */
  readonly reachedBy?: readonly Exclude<Reach, { via: "addresses" }>[] | undefined;
  /** @example "b0" */
  readonly size: CacheSize;
  /** What goes when the memory is full: `noeviction` for queues such as BullMQ, `allkeys-lru` for caches. */
  readonly eviction: EvictionPolicy;
  /** How contents are kept on disk. Default: none. */
  readonly persistence?: Persistence | undefined;
  /** How it is cut into shards. Replacement, but for a change from `none`. Default: none, which every client can use, up to 25 GB. */
  readonly clustering?: ClusteringPolicy | undefined;
  /** Two nodes, in two zones where the region has some. Replacement: fixed at creation. Default: true in production. */
  readonly highAvailability?: boolean | undefined;
  /** That it leaves: it is then deleted with what it holds. Default: it stays. */
  readonly retired?: Retirement | undefined;
  readonly transform?: {
    readonly cluster?: Transform<RedisEnterpriseArgs>;
    readonly database?: Transform<DatabaseArgs>;
  };
}

/** A cache as those see it who sign in to it. {@link Cache} is one. */
export interface CacheReference {
  /**
   * Lets an identity in: it may read and write everything, since Azure has no other access policy.
   *
   * @param name the logical name of the one who is let in
   */
  readonly admit: (name: string, principalId: pulumi.Input<string>, parent: pulumi.Resource) => pulumi.Resource;
}

/** Azure calls the one database of a cluster so. */
const databaseName = "default";

/** The port of every Azure Managed Redis. Source: Azure documentation, "Azure Managed Redis architecture". */
const port = 10_000;

/**
 * Azure Managed Redis: a cluster and its one database, with a private address only, over TLS only, for Entra identities only. The user
 * name is the identity's object id, the password a token for `https://redis.azure.com/.default`.
 */
export class Cache extends pulumi.ComponentResource implements CacheReference {
  readonly id: pulumi.Output<string>;
  /** Without user and password. @example "rediss://alai-dev-sessions-1f9d0c3a.swedencentral.redis.azure.net:10000" */
  readonly url: pulumi.Output<string>;
  /** The host name, which only the network resolves. */
  readonly privateNames: readonly pulumi.Output<string>[];

  readonly #name: string;
  readonly #args: CacheArgs;
  readonly #cluster: RedisEnterprise;
  readonly #database: Database;
  /** Azure takes one change of a cluster at a time. Source: Azure/azure-dev#6640. */
  readonly #changes: Sequence;

  constructor(name: string, args: CacheArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:cache:Cache", name, {}, opts);
    refuse(`Cache "${name}"`, argumentProblems(cacheArguments, args), args);
    const { context, resourceGroupName, network, workspaceId } = args;
    const plan = reachPlan(`Cache "${name}"`, args.reachedBy ?? [{ who: "apps", via: "private-endpoint" }], {
      network: true,
    });
    this.#name = name;
    this.#args = args;

    this.#cluster = new RedisEnterprise(
      ...transformed<RedisEnterpriseArgs>(
        args.transform?.cluster,
        name,
        {
          resourceGroupName,
          location: context.location,
          clusterName: physicalName(context, "redisCluster", name),
          sku: { name: cacheSizes[args.size].sku },
          // Azure spreads the two nodes over zones by itself and takes no zones.
          highAvailability: (args.highAvailability ?? isProduction(context)) ? "Enabled" : "Disabled",
          minimumTlsVersion: "1.2",
          publicNetworkAccess: "Disabled",
        },
        { parent: this, ...stateful(context, args.retired) },
      ),
    );
    this.#database = new Database(
      ...transformed<DatabaseArgs>(
        args.transform?.database,
        name,
        {
          resourceGroupName,
          clusterName: this.#cluster.name,
          databaseName,
          port,
          clientProtocol: "Encrypted",
          accessKeysAuthentication: "Disabled",
          evictionPolicy: evictionPolicies[args.eviction],
          clusteringPolicy: clusteringPolicies[args.clustering ?? "none"],
          ...(args.persistence === undefined ? {} : { persistence: persistences[args.persistence] }),
        },
        { parent: this, ...stateful(context, args.retired) },
      ),
    );
    this.#changes = new Sequence(this.#database);
    const way = {
      context,
      resourceGroupName,
      network,
      service: "redisEnterprise",
      targetId: this.#cluster.id,
    } as const;
    const endpoint = plannedEndpoint(name, plan, way, this);
    this.id = this.#cluster.id;
    this.url = onceReachable(pulumi.interpolate`rediss://${this.#cluster.hostName}:${port}`, endpoint);
    this.privateNames = [this.#cluster.hostName];
    const logs = { context, resourceId: this.#database.id, workspaceId, logs: "allLogs", metrics: false } as const;
    sendDiagnostics(name, logs, { parent: this });
    this.registerOutputs({ id: this.id, url: this.url });
  }

  admit(name: string, principalId: pulumi.Input<string>, parent: pulumi.Resource): AccessPolicyAssignment {
    const assignment = new AccessPolicyAssignment(
      `${name}-on-${this.#name}`,
      {
        resourceGroupName: this.#args.resourceGroupName,
        clusterName: this.#cluster.name,
        databaseName,
        accessPolicyAssignmentName: physicalName(this.#args.context, "cacheAccess", name),
        accessPolicyName: "default",
        user: { objectId: principalId },
      },
      { parent, dependsOn: this.#changes.before },
    );
    return this.#changes.add(assignment);
  }
}
