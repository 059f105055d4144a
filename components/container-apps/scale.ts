import type { input } from "@pulumi/azure-native/types";
import type * as pulumi from "@pulumi/pulumi";
import type { QueueReference } from "../queues/queues";
import { secretName } from "./schema";

/** What makes an app grow. */
type ScaleRule =
  /** Requests a second that one replica takes: Azure counts those of 15 seconds. Only over HTTP. */
  | { readonly by: "requests"; readonly concurrentRequests: number }
  /** Use of CPU or memory, in percent. Cannot wake an app that has no replica. */
  | { readonly by: "cpu" | "memory"; readonly percent: number }
  /** Messages that wait in a queue, for each replica. Its identity needs {@link QueueReference.receive}. */
  | { readonly by: "queue"; readonly queue: Pick<QueueReference, "name" | "namespaceName">; readonly messages: number }
  /** Entries that wait in a list of a Redis container, for each replica. */
  | {
      readonly by: "list";
      /** Host and port. @example "alai-dev-redis:6379" */
      readonly address: pulumi.Input<string>;
      readonly list: string;
      readonly messages: number;
      /** The variable, among the app's secrets, with the password. */
      readonly password: string;
    }
  /** Any KEDA scaler, with the app's identity. @example { by: "scaler", type: "cron", metadata: { timezone: "UTC", start: "0 6 * * *", end: "0 20 * * *", desiredReplicas: "2" } } */
  | { readonly by: "scaler"; readonly type: string; readonly metadata: Readonly<Record<string, string>> };

export interface Scale {
  /** Replicas that always run. Default: 1. 0 lets the app sleep. */
  readonly min?: number | undefined;
  /** Default: the larger of `min` and 3. */
  readonly max?: number | undefined;
  /** Default: 10 requests a second for a replica, which is Azure's own default, made visible; without HTTP none. */
  readonly rules?: readonly ScaleRule[] | undefined;
  /** How many seconds nothing must wait before the last replica goes. Default: 300, which is Azure's. */
  readonly cooldownSeconds?: number | undefined;
  /** How often, in seconds, KEDA looks at a queue. Default: 30, which is Azure's. */
  readonly pollingSeconds?: number | undefined;
}

/** KEDA signs in to Redis by password only, and our caches have none. Source: kedacore/keda#7888, which is open. */
export const cachesHaveNoPassword =
  "KEDA signs in to Redis by password only, and a cache has no keys; scale by a queue, or by CPU";

const withoutIdentity = /^redis(-|$)/;

/**
 * What is wrong with the rules of a scale, which no inventory says.
 *
 * @param app whether it answers HTTP, and the variables of its secrets
 */
export function scaleProblems(
  { min, rules = [] }: Scale,
  { http, secrets }: { readonly http: boolean; readonly secrets: readonly string[] },
): string[] {
  return [
    ...sleepProblems(min, rules),
    ...rules.flatMap((rule) => {
      switch (rule.by) {
        case "requests":
          return http ? [] : ["scale.rules count requests, but the app answers no HTTP; scale by something else"];
        case "list":
          return secrets.includes(rule.password)
            ? []
            : [`scale.rules read the password of "${rule.list}" from ${rule.password}, which is not among the secrets`];
        case "scaler":
          return withoutIdentity.test(rule.type)
            ? [`the scaler "${rule.type}" cannot be used: ${cachesHaveNoPassword}`]
            : [];
        default:
          return [];
      }
    }),
  ];
}

function sleepProblems(min: number | undefined, rules: readonly ScaleRule[]): string[] {
  if (min !== 0 || rules.length === 0 || rules.some((rule) => rule.by !== "cpu" && rule.by !== "memory")) return [];
  return [
    "scale.min is 0, but CPU and memory cannot wake an app that has no replica; add a rule by requests, or keep one replica",
  ];
}

/** The scale as Azure takes it. */
export function scaleArgs(
  scale: Scale,
  http: boolean,
  identityId: input.app.CustomScaleRuleArgs["identity"],
): input.app.ScaleArgs {
  const { min, max } = limits(scale);
  const rules = scale.rules ?? (http ? [{ by: "requests", concurrentRequests: 10 } as const] : []);
  return {
    minReplicas: min,
    maxReplicas: max,
    rules: rules.map((rule, index) => ruleArgs(rule, index, identityId)),
    ...(scale.cooldownSeconds === undefined ? {} : { cooldownPeriod: scale.cooldownSeconds }),
    ...(scale.pollingSeconds === undefined ? {} : { pollingInterval: scale.pollingSeconds }),
  };
}

/** How many replicas there are at least and at most, when a scale says only one of them, or neither. */
export function limits(scale: Scale): { min: number; max: number } {
  const min = scale.min ?? 1;
  return { min, max: scale.max ?? Math.max(min, 3) };
}

function ruleArgs(
  rule: ScaleRule,
  index: number,
  identityId: input.app.CustomScaleRuleArgs["identity"],
): input.app.ScaleRuleArgs {
  const name = `${rule.by}-${index + 1}`;
  switch (rule.by) {
    case "requests":
      return { name, http: { metadata: { concurrentRequests: String(rule.concurrentRequests) } } };
    case "cpu":
    case "memory":
      return { name, custom: { type: rule.by, metadata: { type: "Utilization", value: String(rule.percent) } } };
    case "queue": {
      const metadata = {
        namespace: rule.queue.namespaceName,
        queueName: rule.queue.name,
        messageCount: String(rule.messages),
      };
      return { name, custom: customArgs("azure-servicebus", metadata, identityId) };
    }
    case "list": {
      const metadata = { address: rule.address, listName: rule.list, listLength: String(rule.messages) };
      const auth = [{ triggerParameter: "password", secretRef: secretName(rule.password) }];
      return { name, custom: { type: "redis", metadata, auth } };
    }
    case "scaler":
      return { name, custom: customArgs(rule.type, rule.metadata, identityId) };
  }
}

function customArgs(
  type: string,
  metadata: Readonly<Record<string, pulumi.Input<string>>>,
  identity: input.app.CustomScaleRuleArgs["identity"],
): input.app.CustomScaleRuleArgs {
  return { type, metadata: { ...metadata }, ...(identity === undefined ? {} : { identity }) };
}
