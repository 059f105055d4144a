import { z } from "zod";
import { didYouMean } from "../../lib/closest-name";
import { durationSeconds } from "../../lib/duration";
import { listed } from "../../lib/located-yaml/messages";
import type { Problem } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { promqlProblem } from "../../lib/promql";
import { durationSchema } from "../host-replication/schema";
import { type Signal, signalOf, signals, watchedKinds, windows } from "./signals";

/** Days that a workspace can keep logs. Source: Azure Monitor, "Manage data retention in a Log Analytics workspace". */
export const logRetentionSchema = z
  .int()
  .min(30)
  .max(730)
  .meta({ description: "Days that logs are kept", makes: [{ type: "landscape:observability:LogAnalytics" }] });

/** From what wakes people to what is read the next day. */
export const severities = ["critical", "warning", "info"] as const;
export type AlertSeverity = (typeof severities)[number];

const level = z.strictObject({
  above: z.number().min(0).optional().meta({ description: "The threshold, in the signal's unit" }),
  within: durationSchema.optional().meta({ description: "Of missing: how long after its time a job has to be over" }),
  for: z
    .string()
    .optional()
    .meta({
      description: `How long Azure looks back: ${windows.metric.join(", ")}; for jobs and slow queries ${windows.log.join(", ")}. Default: the signal's`,
    }),
});

export type WatchLevel = z.infer<typeof level>;

const signalsText = watchedKinds.map((kind) => `${kind}: ${Object.keys(signals[kind]).join(", ")}`).join("; ");

export const runbookSchema = z
  .string()
  .regex(/^[a-z][a-z-]*#[a-z][a-z-]*$/, "expected a page and a heading of it, for example meditation#failed");

const ruleFields = z.strictObject({
  watch: z.enum(watchedKinds).meta({ description: "The kind of what is watched" }),
  signal: z.string().meta({ description: `What of it: ${signalsText}` }),
  only: z.array(z.string()).min(1).optional().meta({
    description: "Names of services, caches or queues; of databases there is one. Default: every one of the kind",
  }),
  environments: z.array(z.string()).min(1).optional().meta({ description: "Where. Default: in every environment" }),
  critical: level.optional().meta({ description: "From when on somebody is woken" }),
  warning: level.optional().meta({ description: "From when on somebody looks within the hour" }),
  info: level.optional().meta({ description: "From when on somebody looks the next working day" }),
  runbook: runbookSchema
    .optional()
    .meta({ description: "What to do: a page of docs/runbooks and its heading. Default: the kind's page, the signal" }),
});

export type WatchRule = z.infer<typeof ruleFields>;

/** A rule of the inventory: what is watched, from when on it is wrong, and how bad that is. */
export const watchRuleSchema = ruleFields
  .superRefine((rule, refinement) => addProblems(refinement, ruleProblems(rule)))
  .meta({ description: "An alert rule", makes: [{ type: "landscape:observability:Alerts" }] });

/** That an environment collects what its apps measure. */
export const metricsSchema = z
  .strictObject({
    everySeconds: z.int().min(15).max(300).default(30).meta({
      description: "Seconds between two readings. Default: 30",
    }),
  })
  .meta({
    description:
      "Collects what apps with `metrics` measure of themselves, and evaluates rule groups. Each replica then has a collector of 0.25 vCPU beside it. Default: nobody does",
    makes: [{ type: "landscape:observability:MetricsWorkspace" }],
  });

export const environmentNames = z.array(z.string()).min(1).optional().meta({
  description: "Where. Default: in every environment that collects metrics",
});

export const expressionSchema = z
  .string()
  .superRefine((expression, refinement) => {
    const problem = promqlProblem(expression);
    if (problem !== undefined) addProblems(refinement, [{ path: [], message: problem }]);
  })
  .meta({ description: "In PromQL. The label job is the service's name; replica tells its replicas apart" });

const recordingRule = z
  .strictObject({
    record: z
      .string()
      .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, "expected a metric's name, for example job:http_requests:rate5m")
      .meta({ description: "The name under which the values are kept" }),
    expr: expressionSchema,
    labels: z.record(z.string(), z.string()).optional().meta({ description: "Labels that they get. Default: none" }),
  })
  .meta({ description: "A value that is computed and kept" });

const alertingRule = z
  .strictObject({
    alert: z
      .string()
      .regex(/^[A-Z][A-Za-z0-9]*$/, "expected a name such as HighErrorRate")
      .meta({ description: "Its name, once in an environment" }),
    expr: expressionSchema,
    for: durationSchema
      .optional()
      .meta({ description: "How long it has to hold before somebody is told. Default: at once" }),
    severity: z.enum(severities).meta({ description: "Whom it tells: see routes" }),
    summary: z.string().min(1).meta({ description: "What is wrong. It may name labels: {{ $labels.service }}" }),
    runbook: runbookSchema.meta({ description: "What to do: a page of docs/runbooks and its heading" }),
    environments: environmentNames,
  })
  .meta({ description: "What somebody is told of" });

/** Rules in the form of Prometheus, evaluated together. A group is at Azure what it is there. */
export const ruleGroupSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, "expected a short name, for example availability"),
    interval: durationSchema
      .refine((text) => durationSeconds(text) >= 60 && durationSeconds(text) <= 900, "expected 1 to 15 minutes")
      .optional()
      .meta({ description: "How often it is evaluated. Default: 1m" }),
    environments: environmentNames,
    // Source: Azure Monitor service limits, "Prometheus rules per rule group".
    rules: z
      .array(z.union([alertingRule, recordingRule]))
      .min(1)
      .max(20),
  })
  .meta({ description: "A group of rules", makes: [{ type: "landscape:observability:Alerts" }] });

export type RuleGroup = z.infer<typeof ruleGroupSchema>;
export type AlertingRule = z.infer<typeof alertingRule>;

/** Who hears of what, in one system. */
export const routesSchema = z
  .record(
    z.enum(severities),
    z.array(z.string().regex(/^[a-z][a-z0-9-]*$/, "expected a short name, for example pagerduty")).min(1),
  )
  .meta({
    description:
      "Who hears of each severity: names of receivers whose addresses are the stack's setting alertEmails. PagerDuty and Slack have addresses for a service and a channel",
  });

export type Routes = z.infer<typeof routesSchema>;

function ruleProblems(rule: WatchRule): readonly Problem[] {
  const signal = signalOf(rule.watch, rule.signal);
  if (signal === undefined) {
    const known = Object.keys(signals[rule.watch]);
    const message = `no signal "${rule.signal}" of ${rule.watch}; there are ${listed(known)}${didYouMean(rule.signal, known)}`;
    return [{ path: ["signal"], message }];
  }
  const levels = severities.flatMap((severity) => {
    const said = rule[severity];
    return said === undefined
      ? []
      : levelProblems(signal, said).map(({ path, message }) => ({ path: [severity, ...path], message }));
  });
  const none = severities.every((severity) => rule[severity] === undefined);
  return none ? [{ path: [], message: `says no severity; give ${severities.join(", ")}` }] : levels;
}

/** Seconds between two checks of a log rule. */
const logCheckSeconds = 900;

function levelProblems(
  { limit, unit, measure, window: usual }: Signal,
  { above, within, for: window }: WatchLevel,
): readonly Problem[] {
  const given = { above, within };
  const thresholds = (["above", "within"] as const).flatMap((key) => {
    if (limit === key && given[key] === undefined) {
      return [{ path: [], message: `${key} is missing: the threshold${unit === undefined ? "" : `, in ${unit}`}` }];
    }
    if (limit === key || given[key] === undefined) return [];
    return [unsaid(key)];
  });
  if (measure.kind === "event" && window !== undefined) return [...thresholds, unsaid("for")];
  const allowed = windows[measure.kind];
  const fits = window === undefined || allowed.includes(window);
  if (!fits) {
    const message = `expected ${allowed.join(", ")}, which Azure looks back; got ${window}`;
    return [...thresholds, { path: ["for"], message }];
  }
  const needed = measure.kind === "log" && unit === "seconds" ? (above ?? 0) + logCheckSeconds : 0;
  if (durationSeconds(window ?? usual) >= needed) return thresholds;
  const message = `no check would see what takes ${above} seconds from its beginning to its end: expected for, ${needed} seconds or longer`;
  return [...thresholds, { path: [], message }];
}

function unsaid(key: string): Problem {
  return { path: [key], message: "is not said of this signal; leave it out" };
}
