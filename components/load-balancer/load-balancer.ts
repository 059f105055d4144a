import * as cloudflare from "@pulumi/cloudflare/loadBalancer";
import { LoadBalancerMonitor, type LoadBalancerMonitorArgs } from "@pulumi/cloudflare/loadBalancerMonitor";
import { LoadBalancerPool, type LoadBalancerPoolArgs } from "@pulumi/cloudflare/loadBalancerPool";
import * as pulumi from "@pulumi/pulumi";
import { loadBalancingAddOn } from "../../lib/cloudflare-plans";
import { durationSeconds } from "../../lib/duration";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type RefusalReason, refuse } from "../../lib/refusal";
import { stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { type Transform, transformed } from "../transform/transform";
import { hostnameProblems, type LoadBalancerEntry, loadBalancerSchema } from "./schema";

export interface LoadBalancerArgs extends Omit<LoadBalancerEntry, "name"> {
  readonly context: StackContext;
  /** The Cloudflare account, which needs the add-on "Load Balancing". Changing it replaces monitor and pools. */
  readonly accountId: pulumi.Input<string>;
  /** The zone that holds the name. */
  readonly zone: { readonly id: pulumi.Input<string>; readonly domain: string };
  /**
   * By pool, the host names that serve, where the pool does not say them itself. Default: none.
   * @example { dr: ["api-dr.latticeforge.example"] }
   */
  readonly origins?: Readonly<Record<string, readonly pulumi.Input<string>[]>>;
  readonly transform?: {
    readonly monitor?: Transform<LoadBalancerMonitorArgs>;
    readonly pool?: Transform<LoadBalancerPoolArgs>;
    readonly balancer?: Transform<cloudflare.LoadBalancerArgs>;
  };
}

/**
 * A name at the edge that is served by the first healthy pool of origins. Each origin is asked by its own name, because Azure answers to
 * the names that are bound to an app, and two apps cannot share one: docs/decisions/0041. A pool whose origins do not answer is passed
 * over by itself; which pool comes first is changed by a takeover, and left alone by deployments.
 *
 * @example
 * ```ts
 * new LoadBalancer("api", { context, accountId, zone, hostname: "api.latticeforge.example", monitor: { path: "/health/ready" },
 *   pools: [{ name: "prod", origins: ["api-prod.latticeforge.example"] }, { name: "dr", origins: ["api-dr.latticeforge.example"] }] });
 * ```
 */
export class LoadBalancer extends pulumi.ComponentResource {
  /** What a takeover needs to change the order. */
  readonly balancerId: pulumi.Output<string>;
  /** The ids of the pools, by name. */
  readonly poolIds: pulumi.Output<Readonly<Record<string, string>>>;
  /** The ids of the pools as they serve now, the first one first. */
  readonly order: pulumi.Output<string[]>;

  constructor(name: string, args: LoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:load-balancer:LoadBalancer", name, {}, opts);
    refuse(
      `LoadBalancer "${name}"`,
      [...argumentProblems(loadBalancerSchema, { ...args, name }), ...poolProblems(args)],
      args,
    );

    const { every = "60s", timeout = 5, failures = 2, path } = args.monitor;
    const monitorArgs = {
      accountId: args.accountId,
      type: "https",
      path,
      expectedCodes: "200",
      interval: durationSeconds(every),
      timeout,
      retries: 2,
      consecutiveDown: failures,
      // Asked as the zone asks, with its certificate for origins.
      probeZone: args.zone.domain,
      description: `${args.hostname} ${path}`,
    };
    const monitor = new LoadBalancerMonitor(
      ...transformed(args.transform?.monitor, name, monitorArgs, { parent: this }),
    );

    const pools = args.pools.map((entry) => {
      const pool = entry.name;
      const poolArgs = {
        accountId: args.accountId,
        name: `${name}-${pool}`,
        monitor: monitor.id,
        origins: originsOf(args, entry).map((address, index) => ({
          name: `${pool}-${index + 1}`,
          address,
          header: { hosts: [address] },
        })),
      };
      return [
        pool,
        new LoadBalancerPool(...transformed(args.transform?.pool, `${name}-${pool}`, poolArgs, { parent: this })),
      ] as const;
    });
    const poolIds = pools.map(([, pool]) => pool.id);

    const balancer = new cloudflare.LoadBalancer(
      ...transformed(
        args.transform?.balancer,
        name,
        {
          zoneId: args.zone.id,
          name: args.hostname,
          description: "Which pool comes first is changed by takeovers, not by deployments",
          proxied: true,
          // The pools in their order: the next one serves while none of those before it is healthy.
          steeringPolicy: "off",
          defaultPools: poolIds,
          // Asked when no pool is healthy. Not the last one: its database may not be promoted.
          fallbackPool: poolIds[0] ?? "",
        },
        { parent: this, ignoreChanges: ["defaultPools", "fallbackPool"], ...stateful(args.context) },
      ),
    );
    this.balancerId = balancer.id;
    this.poolIds = pulumi.all(Object.fromEntries(pools.map(([pool, { id }]) => [pool, id])));
    this.order = balancer.defaultPools;
    this.registerOutputs({ balancerId: this.balancerId, poolIds: this.poolIds, order: this.order });
  }
}

function originsOf(
  { origins = {} }: Pick<LoadBalancerArgs, "origins">,
  pool: LoadBalancerArgs["pools"][number],
): readonly pulumi.Input<string>[] {
  return pool.origins ?? origins[pool.name] ?? [];
}

/** What the schema cannot say of the pools' origins. */
function poolProblems(args: LoadBalancerArgs): readonly RefusalReason[] {
  const { pools, origins = {}, hostname, zone } = args;
  const count = pools.reduce((sum, pool) => sum + originsOf(args, pool).length, 0);
  const awaiting = pools.filter((pool) => pool.origins === undefined).map(({ name }) => name);
  return [
    ...hostnameProblems(hostname, zone.domain),
    ...pools.flatMap((pool, index) =>
      originsOf(args, pool).length > 0
        ? []
        : [{ path: ["pools", index], message: `the pool "${pool.name}" has no origins, so it would never be healthy` }],
    ),
    ...Object.keys(origins)
      .filter((pool) => !awaiting.includes(pool))
      .map((pool) => `there are origins for "${pool}", which is no pool that waits for some`),
    ...(count <= loadBalancingAddOn.origins
      ? []
      : [`has ${count} origins, of which the add-on takes ${loadBalancingAddOn.origins}`]),
  ];
}
