import { z } from "zod";
import { didYouMean } from "../../lib/closest-name";
import { listed } from "../../lib/located-yaml/messages";
import type { Problem } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
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
  runbook: z
    .string()
    .regex(/^[a-z][a-z-]*#[a-z][a-z-]*$/, "expected a page and a heading of it, for example meditation#failed")
    .optional()
    .meta({ description: "What to do: a page of docs/runbooks and its heading. Default: the kind's page, the signal" }),
});

export type WatchRule = z.infer<typeof ruleFields>;

/** A rule of the inventory: what is watched, from when on it is wrong, and how bad that is. */
export const watchRuleSchema = ruleFields
  .superRefine((rule, refinement) => addProblems(refinement, ruleProblems(rule)))
  .meta({ description: "An alert rule", makes: [{ type: "landscape:observability:Alerts" }] });

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

function levelProblems(
  { limit, unit, measure }: Signal,
  { above, within, for: window }: WatchLevel,
): readonly Problem[] {
  const given = { above, within };
  const thresholds = (["above", "within"] as const).flatMap((key) => {
    if (limit === key && given[key] === undefined) {
      return [{ path: [], message: `${key} is missing: the threshold${unit === undefined ? "" : `, in ${unit}`}` }];
    }
    if (limit === key || given[key] === undefined) return [];
    return [{ path: [key], message: "is not said of this signal; leave it out" }];
  });
  const allowed = windows[measure.kind];
  const fits = window === undefined || allowed.includes(window);
  const message = `expected ${allowed.join(", ")}, which Azure looks back; got ${window}`;
  return [...thresholds, ...(fits ? [] : [{ path: ["for"], message }])];
}
