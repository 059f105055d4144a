import type { Input } from "@pulumi/pulumi";
import { Budget } from "../budget/budget";
import { Cache } from "../cache/cache";
import { replicasOf } from "../container-apps/scale-schema";
import { certificateRenewal } from "../container-apps/schema";
import { physicalName } from "../naming/physical-name";
import { ObjectStore } from "../object-store/object-store";
import { Alerts } from "../observability/alerts";
import { Dashboards } from "../observability/dashboards";
import { type Monitoring, ruleGroupsIn } from "../observability/rule-groups";
import { alertRules, type WatchedApp, type WatchedJob, type WatchTargets } from "../observability/watch-rules";
import { serverSizes } from "../postgres-server/postgres-server-args";
import { databaseHours, roleGiving } from "../postgres-server/schema";
import { StandbyServer } from "../postgres-server/standby-server";
import type { Platform, PlatformArgs } from "./deploy-platform";
import { servicesIn } from "./environment-schema";
import { certificateNames } from "./service-ingress";

/** What is watched of an environment, and who hears of it. */
export interface WatchArgs extends Pick<PlatformArgs, "context" | "environment" | "services"> {
  /** Of {@link deployPlatform}. */
  readonly platform: Omit<Platform, "network" | "registry" | "environment" | "privateNames">;
  /** The system's rules and routes. */
  readonly monitoring: Monitoring;
  /** Jobs that run there beside its services and what belongs to these. Default: none. */
  readonly jobs?: readonly WatchedJob[] | undefined;
  /** Apps that run there beside its services. Default: none. */
  readonly apps?: readonly WatchedApp[] | undefined;
  /** The addresses of the receivers that the routes name. */
  readonly receivers: Readonly<Record<string, string>>;
  /** Names of resource groups that the stack has beside the environment's own, and pays for. Default: none. */
  readonly otherGroups?: readonly Input<string>[] | undefined;
  /** Where the pages of docs/runbooks are: every alert names one. */
  readonly runbooks: string;
}

/** What is watched of an environment, and what a month of it may cost. */
export function watchPlatform(args: WatchArgs): void {
  const { context, environment, platform, monitoring, receivers, runbooks } = args;
  const { groupId, resourceGroupName, workspaceId } = platform;
  const { routes } = monitoring;
  const targets = watchTargets(args);
  const rules = alertRules(monitoring.rules, context.environment, targets, runbooks);
  const groups = ruleGroupsIn(monitoring, context.environment);
  const measured = platform.metrics && { workspaceId: platform.metrics.id, groups, runbooks };
  const alerts = new Alerts("alerts", { context, resourceGroupName, workspaceId, receivers, routes, rules, measured });
  const metricsId = platform.metrics?.id;
  const { dashboards } = monitoring;
  const place = { context, resourceGroupName, groupId };
  new Dashboards("dashboards", { ...place, targets, rules, groups, metricsId, dashboards });
  const told = { ...environment.budget, contactGroups: [alerts.groupIds.warning] };
  const copies = platform.objects instanceof ObjectStore ? platform.objects.copyGroup : undefined;
  const others = [...(args.otherGroups ?? []), ...(copies === undefined ? [] : [copies])];
  if (others.length === 0) new Budget("monthly", { context, scope: groupId, ...told });
  else {
    // A subscription may be another stack's, too. Under a name of its own, because a budget cannot change its scope.
    const scope = groupId.apply((id) => id.split("/").slice(0, 3).join("/"));
    new Budget("all-groups", { context, scope, groups: [resourceGroupName, ...others], ...told });
  }
}

/** Everything of an environment that rules can watch. Caches in containers are apps, which Azure measures nothing of Redis in. */
function watchTargets(args: WatchArgs): WatchTargets {
  const { context, environment, services: all, platform } = args;
  const { postgres } = platform;
  const services = servicesIn(all, environment);
  const renewed = certificateNames(services, environment).length > 0 ? [certificateRenewal] : [];
  const switched = environment.postgres.nights === "off" ? [databaseHours] : [];
  const jobs = [
    ...services.flatMap((service) => (service.kind === "job" ? [service] : [])),
    ...renewed,
    ...switched,
    roleGiving,
  ];
  const { size, parameters } = environment.postgres;
  return {
    app: [
      ...platform.apps.map(({ entry, app }) => ({
        name: entry.name,
        id: app.id,
        replicas: replicasOf(entry, environment.replicas),
      })),
      ...(args.apps ?? []),
    ],
    job: [
      ...jobs.map(({ name, schedule }) => ({
        name,
        schedule,
        jobNames: [physicalName(context, "containerApp", name)],
      })),
      ...(platform.dumps?.watched ?? []),
      ...platform.bucketCopies,
      ...(args.jobs ?? []),
    ],
    database: [
      {
        name: "postgres",
        id: postgres.id,
        connections: Number(parameters?.max_connections ?? serverSizes[size].connections),
        standsBy: postgres instanceof StandbyServer,
      },
    ],
    cache: [...platform.caches].flatMap(([name, cache]) => (cache instanceof Cache ? [{ name, id: cache.id }] : [])),
    queue: (environment.queues?.queues ?? []).flatMap(({ name }) =>
      platform.queues === undefined ? [] : [{ name, id: platform.queues.id }],
    ),
    vault: [{ name: "vault", id: platform.vault.id }],
  };
}
