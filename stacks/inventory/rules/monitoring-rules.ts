import { certificateRenewal } from "../../../components/container-apps/schema";
import { severities } from "../../../components/observability/schema";
import type { WatchedKind } from "../../../components/observability/signals";
import { unseenSilence } from "../../../components/observability/watch-rules";
import { databaseHours, roleGiving, scheduledJobs } from "../../../components/postgres-server/schema";
import { copyJobs } from "../../../components/r2-buckets/schema";
import { didYouMean } from "../../../lib/closest-name";
import type { FileProblem } from "../../../lib/located-yaml/problem";
import { comparedWith, labelsAsked } from "../../../lib/promql";
import type { InventoryContents } from "../files";
import { duplicates } from "./duplicates";

const file = "monitoring.yaml";

type Watched = Pick<InventoryContents, "environments" | "monitoring" | "services">;

/** A job, and when it runs, in UTC; without a schedule by hand. */
export interface ScheduledJob {
  readonly name: string;
  readonly schedule: string | undefined;
}

/** What runs in a system beside services and what belongs to these. */
export interface RunsBeside {
  /** By the clock. */
  readonly jobs: readonly ScheduledJob[];
  /** All the time, by name. */
  readonly apps: readonly string[];
}

export const nothingBeside: RunsBeside = { jobs: [], apps: [] };

/** The rules on `rules`. */
export function rulesOverThings(beside: RunsBeside) {
  return [rulesWatchWhatExists, rulesDiffer, missingJobsAreSeen].map(
    (rule) => (inventory: Watched) => rule(inventory, beside),
  );
}

/** Rules name things and environments that there are. */
function rulesWatchWhatExists(inventory: Watched, beside: RunsBeside): readonly FileProblem[] {
  const environments = Object.keys(inventory.environments.environments);
  return inventory.monitoring.rules.flatMap((rule, index) => [
    ...strangers(rule.only, namesOf(rule.watch, inventory, beside), `${rule.watch} of this name`, [
      "rules",
      index,
      "only",
    ]),
    ...strangers(rule.environments, environments, "environment of this name", ["rules", index, "environments"]),
  ]);
}

/** No two rules say the same severity of one signal of one thing in one environment. */
function rulesDiffer(inventory: Watched, beside: RunsBeside): readonly FileProblem[] {
  const environments = Object.keys(inventory.environments.environments);
  const seen = new Set<string>();
  return inventory.monitoring.rules.flatMap((rule, index) => {
    const claims = severities.flatMap((severity) =>
      rule[severity] === undefined
        ? []
        : (rule.environments ?? environments).flatMap((environment) =>
            (rule.only ?? namesOf(rule.watch, inventory, beside)).map(
              (name) => `${severity} of ${rule.signal} of ${rule.watch} ${name} in ${environment}`,
            ),
          ),
    );
    const twice = claims.find((claim) => seen.has(claim));
    for (const claim of claims) seen.add(claim);
    if (twice === undefined) return [];
    return [{ file, path: ["rules", index], message: `${twice} is said by a rule before; say it once` }];
  });
}

/** Rule groups are for environments that collect metrics, ask for services that show some, and name each alert once. */
export function ruleGroupsAskWhatIsMeasured(inventory: Watched): readonly FileProblem[] {
  const { collecting, measured } = measuredIn(inventory);
  const seen = new Set<string>();
  return (inventory.monitoring.groups ?? []).flatMap((group, index) => {
    const place = ["groups", index];
    const everywhere = group.environments ?? collecting;
    const none = collecting.length > 0 ? [] : [{ file, path: place, message: noMetrics }];
    return [
      ...none,
      ...strangers(group.environments, collecting, "environment that collects metrics", [...place, "environments"]),
      ...group.rules.flatMap((rule, position): FileProblem[] => {
        const path = [...place, "rules", position];
        const here = "alert" in rule ? (rule.environments ?? everywhere) : everywhere;
        const claims = "alert" in rule ? here.map((environment) => `${rule.alert} in ${environment}`) : [];
        const twice = claims.find((claim) => seen.has(claim));
        for (const claim of claims) seen.add(claim);
        const asked = [...labelsAsked(rule.expr, "job"), ...labelsAsked(rule.expr, "service")];
        return [
          ...("alert" in rule
            ? strangers(rule.environments, everywhere, "environment of its group", [...path, "environments"])
            : []),
          ...(twice === undefined ? [] : [{ file, path, message: `${twice} is an alert before; name it otherwise` }]),
          ...asked
            .filter((service) => !measured.includes(service))
            .map((service) => ({
              file,
              path: [...path, "expr"],
              message: showsNone(service, measured),
            })),
        ];
      }),
    ];
  });
}

/** Objectives are of services that show metrics, where they are collected, and each has a name of its own. */
export function slosAreMeasured(inventory: Watched): readonly FileProblem[] {
  const { collecting, measured } = measuredIn(inventory);
  const slos = inventory.monitoring.slos ?? [];
  return slos.flatMap((slo, index) => {
    const path = ["slos", index];
    const asked = [slo.total, slo.bad ?? "", slo.good ?? ""].flatMap((expr) =>
      expr === "" ? [] : labelsAsked(expr, "job"),
    );
    return [
      ...(collecting.length > 0 ? [] : [{ file, path, message: noMetrics }]),
      ...strangers(slo.environments, collecting, "environment that collects metrics", [...path, "environments"]),
      ...(slos.findIndex(({ name }) => name === slo.name) < index
        ? [{ file, path: [...path, "name"], message: `"${slo.name}" is an objective before; name it otherwise` }]
        : []),
      ...[...new Set([slo.service, ...asked])]
        .filter((service) => !measured.includes(service))
        .map((service) => ({ file, path: [...path, "service"], message: showsNone(service, measured) })),
    ];
  });
}

/** Dashboards are named once, and show alerts that compare one thing with numbers. */
export function dashboardsShowAlerts({ monitoring }: Watched): readonly FileProblem[] {
  const { dashboards = [], groups = [] } = monitoring;
  const alerts = groups.flatMap(({ rules }) => rules.flatMap((rule) => ("alert" in rule ? [rule] : [])));
  const names = alerts.map(({ alert }) => alert);
  const claims = dashboards.map(({ name }, index) => ({ value: name, path: ["dashboards", index, "name"] }));
  const shown = dashboards.flatMap(({ panels }, index) =>
    panels.flatMap(({ alerts: asked = [] }, position): FileProblem[] => {
      const path = ["dashboards", index, "panels", position, "alerts"];
      const unknown = strangers(asked, names, "alert of this name", path);
      const compared = alerts.filter(({ alert }) => asked.includes(alert)).map(({ expr }) => comparedWith(expr)?.left);
      if (unknown.length > 0 || (new Set(compared).size <= 1 && !compared.includes(undefined))) return [...unknown];
      const message = "one chart shows one thing: expected alerts that compare the same with numbers";
      return [{ file, path, message }];
    }),
  );
  return [...duplicates({ file, what: "dashboards", claims }), ...shown];
}

function measuredIn({ environments: { environments }, services }: Watched) {
  const collecting = Object.keys(environments).filter((name) => environments[name]?.metrics !== undefined);
  const measured = services.services.flatMap((service) =>
    service.kind === "app" && service.metrics !== undefined ? [service.name] : [],
  );
  return { collecting, measured };
}

function showsNone(service: string, measured: readonly string[]): string {
  return `"${service}" shows no metrics in services.yaml${didYouMean(service, measured)}`;
}

const noMetrics = "no environment collects metrics: give one metrics in environments.yaml, or leave this out";

/** A job that did not run is missed in time. */
export function missingJobsAreSeen(
  { monitoring, ...watched }: Watched,
  { jobs }: RunsBeside = nothingBeside,
): readonly FileProblem[] {
  return monitoring.rules.flatMap((rule, index) => {
    if (rule.watch !== "job" || rule.signal !== "missing") return [];
    const meant = jobsOf(watched, jobs).filter(({ name }) => rule.only?.includes(name) !== false);
    return severities.flatMap((severity) => {
      const within = rule[severity]?.within;
      if (within === undefined) return [];
      return meant.flatMap(({ name, schedule }): FileProblem[] => {
        const why = schedule && unseenSilence(schedule, within);
        if (!why) return [];
        const message = `of ${name}, which runs at "${schedule}": ${why}`;
        return [{ file, path: ["rules", index, severity, "within"], message }];
      });
    });
  });
}

type Deployed = Pick<Watched, "environments" | "services">;

/** The jobs of all environments: services, what makes and tests dumps, copies buckets, renews certificates and gives roles, and others. */
function jobsOf({ environments, services }: Deployed, others: readonly ScheduledJob[]): readonly ScheduledJob[] {
  const entries = Object.values(environments.environments);
  const dumps = entries.flatMap((entry) => entry.dumps ?? []);
  const own = services.services.flatMap((service) =>
    service.kind === "job" ? [{ name: service.name, schedule: service.schedule }] : [],
  );
  const isRenewed = entries.some(({ apps }) => apps?.certificate !== undefined);
  const copies = entries.flatMap(({ buckets }) => (buckets === undefined ? [] : copyJobs(buckets)));
  const switched = entries.some(({ postgres }) => postgres.nights === "off") ? [databaseHours] : [];
  const renewal = isRenewed ? [certificateRenewal] : [];
  return [...own, ...dumps.flatMap(scheduledJobs), ...copies, ...renewal, ...switched, roleGiving, ...others];
}

function namesOf(
  watch: WatchedKind,
  { environments, services }: Deployed,
  { jobs, apps }: RunsBeside,
): readonly string[] {
  const parts = Object.values(environments.environments);
  switch (watch) {
    case "database":
      return ["postgres"];
    case "vault":
      return ["vault"];
    case "job":
      return [...new Set(jobsOf({ environments, services }, jobs).map(({ name }) => name))];
    case "cache":
      return [...new Set(parts.flatMap(({ caches = [] }) => caches.map(({ name }) => name)))];
    case "queue":
      return [...new Set(parts.flatMap(({ queues }) => (queues?.queues ?? []).map(({ name }) => name)))];
    default:
      return [...services.services.filter(({ kind }) => kind === "app").map(({ name }) => name), ...apps];
  }
}

function strangers(
  given: readonly string[] | undefined,
  known: readonly string[],
  what: string,
  path: readonly (string | number)[],
): readonly FileProblem[] {
  return (given ?? []).flatMap((name, position) =>
    known.includes(name)
      ? []
      : [{ file, path: [...path, position], message: `no ${what}, "${name}"${didYouMean(name, known)}` }],
  );
}
