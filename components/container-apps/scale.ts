import type { input } from "@pulumi/azure-native/types";
import { mostReplicas } from "./schema";

/** What makes an app grow. */
export type ScaleRule =
  /** Concurrent requests that one replica takes. */
  | { readonly by: "requests"; readonly concurrentRequests: number }
  /** Use of CPU or memory, in percent. Cannot wake an app that has no replica. */
  | { readonly by: "cpu" | "memory"; readonly percent: number }
  /** Any KEDA scaler, with the app's identity. @example { by: "scaler", type: "azure-servicebus", metadata: { queueName: "jobs" } } */
  | { readonly by: "scaler"; readonly type: string; readonly metadata: Readonly<Record<string, string>> };

export interface Scale {
  /** Replicas that always run. Default: 1. 0 lets the app sleep. */
  readonly min?: number | undefined;
  /** Default: the larger of `min` and 3. */
  readonly max?: number | undefined;
  /** Default: 10 concurrent requests a replica, which is Azure's own default, made visible. */
  readonly rules?: readonly ScaleRule[] | undefined;
}

/** Everything that is wrong with a scale; empty when it is right. See {@link mostReplicas}. */
export function scaleProblems(scale: Scale): string[] {
  const { min, max } = limits(scale);
  const problems: string[] = [];
  if (!Number.isInteger(min) || min < 0 || min > mostReplicas)
    problems.push(`scale.min is ${min}; give a whole number from 0 to ${mostReplicas}`);
  if (!Number.isInteger(max) || max < 1 || max > mostReplicas)
    problems.push(`scale.max is ${max}; give a whole number from 1 to ${mostReplicas}`);
  if (min > max) problems.push(`scale.min ${min} is above scale.max ${max}`);
  const rules = scale.rules ?? [];
  if (min === 0 && rules.length > 0 && rules.every((rule) => rule.by === "cpu" || rule.by === "memory")) {
    problems.push(
      "scale.min is 0, but CPU and memory cannot wake an app that has no replica; add a rule by requests, or keep one replica",
    );
  }
  return problems;
}

/** The scale as Azure takes it. */
export function scaleArgs(
  scale: Scale,
  hasIngress: boolean,
  identityId: input.app.CustomScaleRuleArgs["identity"],
): input.app.ScaleArgs {
  const { min, max } = limits(scale);
  const rules = scale.rules ?? (hasIngress ? [{ by: "requests", concurrentRequests: 10 } as const] : []);
  return { minReplicas: min, maxReplicas: max, rules: rules.map((rule, index) => ruleArgs(rule, index, identityId)) };
}

function limits(scale: Scale): { min: number; max: number } {
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
    case "scaler":
      return {
        name,
        custom: {
          type: rule.type,
          metadata: { ...rule.metadata },
          ...(identityId === undefined ? {} : { identity: identityId }),
        },
      };
  }
}
