import * as pulumi from "@pulumi/pulumi";
import { ContainerApp } from "../container-apps/container-app";
import type { ContainerSpec } from "../container-apps/container-spec";
import { publicImages } from "../container-registry/public-images";
import type { SecretReference } from "../key-vault/key-vault";
import { physicalName } from "../naming/physical-name";
import type { EvictionPolicy } from "./schema";

export interface CacheContainerArgs extends Pick<ContainerSpec, "context" | "resourceGroupName" | "environment"> {
  /** What goes when the memory is full: `noeviction` for queues such as BullMQ, `allkeys-lru` for caches. */
  readonly eviction: EvictionPolicy;
  /** The password that clients sign in with. */
  readonly password: SecretReference;
  /** Virtual CPUs, each with 2 GiB of memory, of which the contents get seven tenths. Default: 0.25. */
  readonly cpu?: number | undefined;
}

const port = 6379;
const password = "REDIS_PASSWORD";

/**
 * Redis in a container, for environments whose contents nobody would miss: without a disk, so that a restart empties it, without a
 * second node and without an SLA. Only its environment's apps call it, with a password; the environment encrypts what they send.
 */
export class CacheContainer extends pulumi.ComponentResource {
  /** Without the password. @example "redis://alai-dev-memory-redis:6379" */
  readonly url: string;
  /** The same without its scheme. */
  readonly address: string;
  readonly password: SecretReference;
  readonly privateNames: readonly pulumi.Output<string>[] = [];

  constructor(name: string, args: CacheContainerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:cache:CacheContainer", name, {}, opts);
    const { context, resourceGroupName, environment, cpu = 0.25, eviction } = args;
    const appName = `${name}-redis`;
    new ContainerApp(
      appName,
      {
        ...{ context, resourceGroupName, environment, cpu, image: publicImages.redis },
        ingress: { exposure: "environment", port, transport: "tcp" },
        scale: { min: 1, max: 1 },
        secrets: { [password]: args.password },
        command: ["sh", "-c"],
        args: [redisCommand(eviction, Math.floor(cpu * 2048 * 0.7))],
      },
      { parent: this },
    );
    this.password = args.password;
    this.address = `${physicalName(context, "containerApp", appName)}:${port}`;
    this.url = `redis://${this.address}`;
    this.registerOutputs({ url: this.url });
  }
}

/** Nothing is written to disk: the container's is gone with it. */
function redisCommand(eviction: EvictionPolicy, megabytes: number): string {
  return `exec redis-server --save '' --appendonly no --maxmemory ${megabytes}mb --maxmemory-policy ${eviction} --requirepass "$${password}"`;
}
