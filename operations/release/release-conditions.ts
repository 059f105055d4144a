import { z } from "zod";
import { leastBudget } from "../../lib/error-budget";
import type { CanaryPlan } from "../../stacks/inventory/files";
import type { Answers, ErrorBudget, FiringAlert, ReleaseCloud } from "../delivery/app-traffic";
import { groupOf } from "../maintenance/alert-processing";

/** What has to hold before a release begins. */
export const releaseGates = ["staging", "incident", "budget"] as const;
export type ReleaseGate = (typeof releaseGates)[number];

/** Where a digest has to run well before. */
export interface StagingPlace {
  readonly stack: string;
  /** Its subscription's id. */
  readonly subscription: string;
  /** As its apps' tag has it. */
  readonly environment: string;
}

export interface GateQuestion {
  readonly service: string;
  readonly digest: string;
  /** The app that is released. */
  readonly appId: string;
  /** Default: the digest need run nowhere before. */
  readonly staging?: StagingPlace | undefined;
}

/** A gate that is closed, and why. */
export interface ClosedGate {
  readonly gate: ReleaseGate;
  readonly message: string;
}

/** Alerts of this severity and worse are incidents: 0 is critical. Warnings are none. */
const worstSeverity = 0;

/** The gates that are closed for a release, all of them. */
export async function closedGates(
  cloud: Pick<ReleaseCloud, "apps" | "revisions" | "firingAlerts" | "errorBudgets">,
  question: GateQuestion,
): Promise<readonly ClosedGate[]> {
  const { staging, appId, service } = question;
  const alerts = (await cloud.firingAlerts(groupOf(appId))).filter(({ severity }) => severity <= worstSeverity);
  const untried = staging === undefined ? undefined : await stagingProblem(cloud, question, staging);
  const spent = (await budgetsOf(cloud, question)).filter(({ remaining }) => remaining < leastBudget);
  return [
    ...(untried === undefined ? [] : [{ gate: "staging" as const, message: `${service}: ${untried}` }]),
    ...(alerts.length === 0 ? [] : [{ gate: "incident" as const, message: `${service}: ${alertsText(alerts)}` }]),
    ...spent.map((budget) => ({
      gate: "budget" as const,
      message: `${service}: ${budgetText(budget)}; below ${100 * leastBudget} % only what makes it reliable is released`,
    })),
  ];
}

/** Source: as that of `leastBudget`. */
const budgetStates = [
  { above: 0.5, advice: undefined },
  { above: 0.25, advice: "what makes it reliable comes first" },
  { above: leastBudget, advice: "release only what is urgent" },
] as const;

/** What is to be said of a service's error budgets while they keep no release from it. */
export async function budgetAdvice(
  cloud: Pick<ReleaseCloud, "errorBudgets">,
  question: Pick<GateQuestion, "service" | "appId">,
): Promise<readonly string[]> {
  return (await budgetsOf(cloud, question)).flatMap((budget) => {
    const advice = budgetStates.find(({ above }) => budget.remaining >= above)?.advice;
    return advice === undefined ? [] : [`${question.service}: ${budgetText(budget)}: ${advice}`];
  });
}

/** Of what nobody was asked for nothing is spent: NaN is less than nothing. */
async function budgetsOf(
  cloud: Pick<ReleaseCloud, "errorBudgets">,
  { service, appId }: Pick<GateQuestion, "service" | "appId">,
): Promise<readonly ErrorBudget[]> {
  return (await cloud.errorBudgets(groupOf(appId))).filter((budget) => budget.service === service);
}

function budgetText({ slo, remaining }: ErrorBudget): string {
  const percent = Math.floor(100 * remaining);
  return percent < 0 ? `the error budget of ${slo} is overspent` : `${percent} % of the error budget of ${slo} is left`;
}

function alertsText(alerts: readonly FiringAlert[]): string {
  return `an incident is open: ${alerts.map(({ rule }) => rule).join(", ")} fires`;
}

/** Why a digest has not proven itself in staging; undefined when it has. */
async function stagingProblem(
  cloud: Pick<ReleaseCloud, "apps" | "revisions">,
  { service, digest }: GateQuestion,
  { stack, subscription, environment }: StagingPlace,
): Promise<string | undefined> {
  const apps = await cloud.apps(subscription);
  const app = apps.find((one) => one.service === service && one.environment === environment);
  if (app === undefined) return `${stack} has no app of that name; deploy ${stack} and release the digest there first`;
  const running = app.image.split("@")[1] ?? "no released image";
  if (running !== digest) return `${stack} runs ${running}; release ${digest} there first`;
  const revisions = await cloud.revisions(app.id);
  const isWell = revisions.some(({ image, ready, active }) => image === app.image && ready && active);
  return isWell ? undefined : `the digest is not healthy in ${stack}: its revision has not come up`;
}

/** Why a measurement of a revision has failed. One that says nothing has: what nobody can see is not well. */
export async function measurementProblem(
  cloud: Pick<ReleaseCloud, "answers">,
  appId: string,
  revision: string,
  { windowMinutes, successPercent }: CanaryPlan["analysis"],
): Promise<string | undefined> {
  try {
    const { requests, errors } = await cloud.answers(appId, revision, windowMinutes);
    if (requests === 0) return `nobody asked ${revision} within ${windowMinutes} minutes`;
    const success = (100 * (requests - errors)) / requests;
    if (success >= successPercent) return undefined;
    return `${revision} answered ${success.toFixed(1)} % well, less than ${successPercent} %`;
  } catch (error) {
    return `${revision} cannot be measured: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const metricsSchema = z.object({
  value: z.array(
    z.object({
      timeseries: z.array(
        z.object({
          metadatavalues: z.array(z.object({ name: z.object({ value: z.string() }), value: z.string() })).default([]),
          data: z.array(z.object({ total: z.number().nullish() })),
        }),
      ),
    }),
  ),
});

const budgetsSchema = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.object({ slo: z.string(), service: z.string() }),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
});

/** Prometheus' answer for what is left of error budgets: values are texts. */
export function readBudgets(answer: unknown): readonly ErrorBudget[] {
  return budgetsSchema.parse(answer).data.result.map(({ metric: { slo, service }, value: [, remaining] }) => ({
    ...{ slo, service },
    remaining: Number(remaining),
  }));
}

const alertSchema = z.object({
  properties: z.object({
    essentials: z.object({
      alertRule: z.string(),
      severity: z.string(),
      targetResource: z.string().nullish(),
      startDateTime: z.string().nullish(),
    }),
  }),
});

/** An alert as Azure lists it. */
export function firingAlert(listed: unknown): FiringAlert {
  const { alertRule, severity, targetResource, startDateTime } = alertSchema.parse(listed).properties.essentials;
  return {
    rule: alertRule.split("/").at(-1) ?? alertRule,
    severity: Number(severity.replace(/^Sev/, "")),
    ...(targetResource ? { target: targetResource } : {}),
    ...(startDateTime ? { began: startDateTime } : {}),
  };
}

/** Azure's answer for the metric Requests, split by category of status. */
export function readAnswers(answer: unknown): Answers {
  const series = metricsSchema.parse(answer).value.flatMap(({ timeseries }) =>
    timeseries.map(({ metadatavalues, data }) => ({
      category: metadatavalues.find(({ name }) => name.value.toLowerCase() === "statuscodecategory")?.value,
      total: data.reduce((sum, { total }) => sum + (total ?? 0), 0),
    })),
  );
  const sumOf = (some: typeof series) => some.reduce((sum, { total }) => sum + total, 0);
  return { requests: sumOf(series), errors: sumOf(series.filter(({ category }) => category === "5xx")) };
}
