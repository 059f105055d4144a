import { Namespace, type NamespaceArgs, Queue, type QueueArgs } from "@pulumi/azure-native/servicebus";
import * as pulumi from "@pulumi/pulumi";
import { durationSeconds, isoDuration } from "../../lib/duration";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refusal, refuse } from "../../lib/refusal";
import { stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import type { RoleGrant } from "../identity/role-assignment";
import { physicalName } from "../naming/physical-name";
import type { PrivateNetwork } from "../network/private-network";
import { sendDiagnostics } from "../observability/diagnostic-settings";
import { onceReachable, plannedEndpoint } from "../reach/private-endpoint";
import { type Reach, reachPlan } from "../reach/reach-plan";
import { type Transform, transformed } from "../transform/transform";
import { longestOnBasic, type QueueInventory, type QueuesInventory, queuesArguments } from "./schema";

export interface QueuesArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the namespace and the messages in it. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** The workspace that receives the logs. */
  readonly workspaceId: pulumi.Input<string>;
  /** What it can do, and what it costs. Azure changes between Basic and Standard, and to and from Premium never. */
  readonly tier: QueuesInventory["tier"];
  /** Messaging units of Premium. Default: 1. */
  readonly units?: QueuesInventory["units"];
  readonly queues: readonly QueueInventory[];
  /** Where the private address of a Premium namespace is; others have none. Its network needs the zone `serviceBus`. */
  readonly network: PrivateNetwork;
  /** Who reaches a Premium namespace through the network. Default: the apps in it. */
  readonly reachedBy?: readonly Exclude<Reach, { via: "addresses" }>[] | undefined;
  readonly transform?: { readonly namespace?: Transform<NamespaceArgs>; readonly queue?: Transform<QueueArgs> };
}

/** A queue as those see it who send to it, receive from it, or grow with it. */
export interface QueueReference {
  readonly name: string;
  /** Of the namespace, without a domain. */
  readonly namespaceName: pulumi.Output<string>;
  /** Lets its bearer send. */
  readonly send: RoleGrant;
  /** Lets its bearer receive, and see how many messages wait. */
  readonly receive: RoleGrant;
}

/** What Service Bus starts with, made visible. */
const defaults = { lock: "1m", deliveries: 10, timeToLive: longestOnBasic } as const;

/**
 * Queues: a Service Bus namespace for Entra identities only. What nobody reads in time, or nobody can handle, becomes a dead letter of
 * its queue and stays there until somebody takes it.
 */
export class Queues extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** What clients connect to. @example "alai-dev-queues-1f9d0c3a.servicebus.windows.net" */
  readonly host: pulumi.Output<string>;
  /** The host name, when only the network leads to it. */
  readonly privateNames: readonly pulumi.Output<string>[];

  readonly #name: string;
  readonly #namespace: Namespace;
  readonly #queues: ReadonlyMap<string, Queue>;

  constructor(name: string, args: QueuesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:queues:Queues", name, {}, opts);
    refuse(`Queues "${name}"`, argumentProblems(queuesArguments, args), args);
    const { context, resourceGroupName, network, workspaceId, tier } = args;
    const reachedBy = args.reachedBy ?? [{ who: "apps", via: "private-endpoint" } as const];
    const plan = tier === "Premium" ? reachPlan(`Queues "${name}"`, reachedBy, { network: true }) : undefined;
    this.#name = name;
    this.#namespace = new Namespace(
      ...transformed<NamespaceArgs>(
        args.transform?.namespace,
        name,
        {
          resourceGroupName,
          location: context.location,
          namespaceName: physicalName(context, "serviceBusNamespace", name),
          sku: { name: tier, tier, ...(tier === "Premium" ? { capacity: args.units ?? 1 } : {}) },
          disableLocalAuth: true,
          minimumTlsVersion: "1.2",
          publicNetworkAccess: plan === undefined ? "Enabled" : "Disabled",
        },
        { parent: this, ...stateful(context) },
      ),
    );
    this.id = this.#namespace.id;
    this.#queues = new Map(args.queues.map((queue) => [queue.name, this.#queue(queue, args)]));
    const way = { context, resourceGroupName, network, service: "serviceBus", targetId: this.id } as const;
    const endpoint = plan === undefined ? undefined : plannedEndpoint(name, plan, way, this);
    const host = pulumi.interpolate`${this.#namespace.name}.servicebus.windows.net`;
    this.host = onceReachable(host, endpoint);
    this.privateNames = endpoint === undefined ? [] : [host];
    sendDiagnostics(name, { context, resourceId: this.id, workspaceId, logs: "allLogs" }, { parent: this });
    this.registerOutputs({ id: this.id, host: this.host });
  }

  /** @throws when the queue is not declared */
  queue(name: string): QueueReference {
    const queue = this.#queues.get(name);
    if (queue === undefined) {
      throw refusal(`Queues "${this.#name}"`, [`the queue "${name}" is not declared; add it to queues`]);
    }
    const grant = (role: "Sender" | "Receiver"): RoleGrant => ({
      on: name,
      role: `Azure Service Bus Data ${role}`,
      scope: queue.id,
    });
    return { name, namespaceName: this.#namespace.name, send: grant("Sender"), receive: grant("Receiver") };
  }

  #queue(queue: QueueInventory, args: QueuesArgs): Queue {
    const { name, duplicatesWithin, retired } = queue;
    const iso = (duration: string) => isoDuration(durationSeconds(duration));
    return new Queue(
      ...transformed<QueueArgs>(
        args.transform?.queue,
        `${this.#name}-${name}`,
        {
          resourceGroupName: args.resourceGroupName,
          namespaceName: this.#namespace.name,
          queueName: name,
          lockDuration: iso(queue.lock ?? defaults.lock),
          maxDeliveryCount: queue.deliveries ?? defaults.deliveries,
          defaultMessageTimeToLive: iso(queue.timeToLive ?? defaults.timeToLive),
          deadLetteringOnMessageExpiration: true,
          requiresDuplicateDetection: duplicatesWithin !== undefined,
          ...(duplicatesWithin === undefined ? {} : { duplicateDetectionHistoryTimeWindow: iso(duplicatesWithin) }),
          requiresSession: queue.sessions ?? false,
        },
        { parent: this, ...stateful(args.context, retired) },
      ),
    );
  }
}
