import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Monitoring } from "../../components/observability/rule-groups";
import { severities, type WatchLevel, type WatchRule } from "../../components/observability/schema";
import { azureSeverity, signals, type WatchedKind, watchedKinds } from "../../components/observability/signals";
import { sloGroup } from "../../components/observability/slos";
import type { PropertyMap } from "../../deployment/values/property-value";
import { longestGapSeconds, weeklyRuns } from "../../lib/cron";
import { durationSeconds, parseIsoDuration } from "../../lib/duration";
import {
  evaluateAlerts,
  type MeasuredMetric,
  type Notification,
  type Signals,
} from "../../sandbox/clouds/azure-native/monitor/alert-evaluation";
import type { LogRow } from "../../sandbox/clouds/azure-native/monitor/log-query";
import type { MetricSeries } from "../../sandbox/clouds/azure-native/monitor/promql-evaluation";
import { mapsAt, numberAt, textAt, textsAt } from "../../sandbox/clouds/read-property";
import { MemoryWorld, type WorldObject } from "../../sandbox/world/world";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { loadApplicationInventory } from "../../stacks/inventory/application-inventory";
import { addressBlockOf, stackDefinitions } from "../../stacks/registry";
import { counter, type Level, measuredAlerts, minutes } from "../components/measured-series";
import { AlaiWorld, logicalName, repositoryRoot } from "./alai-world";

type Severity = (typeof severities)[number];

/** A rule of a stack, as Azure was given it, and what the inventory says of it. */
interface DeployedRule {
  readonly stack: string;
  /** As the program calls it. @example "app-cpu-api-warning" */
  readonly name: string;
  readonly object: WorldObject;
  readonly watch: WatchedKind;
  readonly signal: string;
  readonly target: string;
  readonly severity: Severity;
  readonly rule: WatchRule;
  readonly level: WatchLevel;
  /** Who is to be told. */
  readonly receivers: readonly string[];
}

const prefix = "azure-native:monitor:";
const kinds = [`${prefix}MetricAlert`, `${prefix}ScheduledQueryRule`];
const subscriptionKind = "azure-native:eventgrid:SystemTopicEventSubscription";
const groupKind = "azure-native:alertsmanagement:PrometheusRuleGroup";

let objects: readonly WorldObject[] = [];
const rules: DeployedRule[] = [];
const groups: { readonly stack: string; readonly system: string; readonly object: WorldObject }[] = [];

const inventoryOf = (system: string) =>
  system === "alai"
    ? loadAlaiInventory()
    : loadApplicationInventory(join(repositoryRoot, "stacks", system, "inventory"), addressBlockOf(system));
const monitoringOf = (system: string): Monitoring => inventoryOf(system).monitoring;
const environmentsOf = (system: string) => inventoryOf(system).environments.environments;

beforeAll(async () => {
  const alai = await AlaiWorld.deployed();
  objects = alai.world.objects();
  for (const { name: stack, system } of stackDefinitions) {
    const monitoring = monitoringOf(system);
    const environment = stack.replace(`${system}-`, "");
    for (const { urn, type, id } of await alai.resources(stack)) {
      const object = objects.find((one) => one.kind === type && one.id === id);
      if (object === undefined) continue;
      if (type === groupKind) groups.push({ stack, system, object });
      if (type !== subscriptionKind && !kinds.includes(type)) continue;
      const name = logicalName(urn).replace("alerts-", "");
      rules.push({ stack, name, object, ...saidOf(name, environment, monitoring) });
    }
  }
}, 120_000);

/** What the inventory says of a rule that is called like this. */
function saidOf(name: string, environment: string, { rules, routes }: Monitoring) {
  for (const watch of watchedKinds) {
    for (const signal of Object.keys(signals[watch])) {
      for (const severity of severities) {
        const [begin, end] = [`${watch}-${signal}-`, `-${severity}`];
        if (!name.startsWith(begin) || !name.endsWith(end)) continue;
        const target = name.slice(begin.length, -end.length);
        for (const rule of rules) {
          const level = rule[severity];
          const isHere = rule.environments?.includes(environment) !== false && rule.only?.includes(target) !== false;
          if (rule.watch !== watch || rule.signal !== signal || level === undefined || !isHere) continue;
          return { watch, signal, target, severity, rule, level, receivers: routes[severity] };
        }
      }
    }
  }
  throw new Error(`the inventory says nothing of ${name} in ${environment}`);
}

/** Who is told what by some rules alone, of everything that is deployed. */
async function told(
  some: readonly WorldObject[],
  signalled: Signals,
  length: number,
): Promise<readonly Notification[]> {
  const around = objects.filter(({ kind }) => kind === `${prefix}ActionGroup` || kind.endsWith(":SystemTopic"));
  return new MemoryWorld([...around, ...some]).read((world) => evaluateAlerts(world, signalled, length));
}

const sayings = (messages: readonly Notification[]) =>
  messages.map(({ state, receiver, severity }) => `${state} ${severity} ${receiver}`);

/** One message to each receiver of a severity. */
const once = (state: Notification["state"], { severity, receivers }: Pick<DeployedRule, "severity" | "receivers">) =>
  receivers.map((receiver) => `${state} ${azureSeverity[severity]} ${receiver}`);

const windowOf = ({ properties }: WorldObject) => (parseIsoDuration(textAt(properties, "windowSize") ?? "") ?? 0) / 60;

/** What the thing that a rule watches is in Azure, whose id the rule has. */
function watchedObject({ object, target }: DeployedRule): WorldObject {
  const [scope = ""] = textsAt(object.properties, "scopes");
  const found = objects.find(({ id }) => id === scope);
  if (found === undefined) throw new Error(`${object.id} watches ${scope}, which is not there`);
  if (found.kind.endsWith(":ContainerApp")) expect(found.id.endsWith(`-${target}`)).toBe(true);
  return found;
}

/** The values of a metric that just do not, and that do, set a rule off. They follow from the inventory and from what is watched. */
function aroundThreshold(deployed: DeployedRule, watched: WorldObject): readonly [under: number, over: number] {
  const { signal, level, object } = deployed;
  const above = level.above ?? 0;
  switch (signal) {
    case "down":
      return [1, 0];
    case "replicas-at-maximum": {
      const most = numberAt(watched.properties, "template.scale.maxReplicas") ?? 0;
      return [most - 1, most];
    }
    case "server-errors":
    case "evictions":
      // As many in the whole window.
      return [(above - 0.5) / windowOf(object), (above + 0.5) / windowOf(object)];
    case "connections":
      // A share of what the server has, which no metric knows.
      if (deployed.watch === "database") {
        const [limit = 0] = mapsAt(object.properties, "criteria.allOf").map((one) => numberAt(one, "threshold") ?? 0);
        return [limit, limit + 1];
      }
      return [above, above + 1];
    default:
      return [above, above + 1];
  }
}

/** What Azure would have measured for a rule: a value for so long, and then nothing wrong. */
function measured(deployed: DeployedRule, values: readonly (readonly [value: number, minutes: number])[]): Signals {
  const { object, signal, watch, target } = deployed;
  const [criterion = {}] = mapsAt(object.properties, "criteria.allOf");
  const dimensions =
    watch === "queue" ? { EntityName: target } : signal === "server-errors" ? { statusCodeCategory: "5xx" } : undefined;
  const metric: MeasuredMetric = {
    ...{ resourceId: watchedObject(deployed).id, metric: textAt(criterion, "metricName") ?? "" },
    ...(dimensions === undefined ? {} : { dimensions }),
    minutes: values.flatMap(([value, length]) => Array.from({ length }, () => value)),
  };
  // What is another's says nothing of this one.
  const others =
    dimensions === undefined ? [] : [{ ...metric, dimensions: { EntityName: "other", statusCodeCategory: "2xx" } }];
  return { metrics: [metric, ...others.map((other) => ({ ...other, minutes: other.minutes.map(() => 1e6) }))] };
}

describe("a rule over what Azure measures", () => {
  const metricRules = () => rules.filter(({ object }) => object.kind === `${prefix}MetricAlert`);

  it("tells the receivers of its severity once when its threshold is passed, and once when that ends", async () => {
    expect(metricRules().length).toBeGreaterThan(150);
    for (const deployed of metricRules()) {
      const [under, over] = aroundThreshold(deployed, watchedObject(deployed));
      const length = windowOf(deployed.object);
      const whole = 3 * length + 30;
      const quiet = await told([deployed.object], measured(deployed, [[under, whole]]), whole);
      const loud = await told(
        [deployed.object],
        measured(deployed, [
          [over, length + 5],
          [under, whole],
        ]),
        whole,
      );
      const what = `${deployed.stack} ${deployed.name}`;
      expect([what, sayings(quiet)]).toEqual([what, []]);
      expect([what, sayings(loud)]).toEqual([what, [...once("fired", deployed), ...once("resolved", deployed)]]);
    }
  });

  it("says nothing while a more severe one about the same tells", async () => {
    const hidden = metricRules().filter(({ rule, severity }) => severity === "warning" && rule.critical !== undefined);
    expect(new Set(hidden.map(({ watch, signal }) => `${watch} ${signal}`))).toEqual(
      new Set(["app server-errors", "database connections", "database storage", "cache memory"]),
    );
    for (const warning of hidden) {
      const name = warning.name.replace(/warning$/, "critical");
      const critical = metricRules().find((one) => one.stack === warning.stack && one.name === name);
      if (critical === undefined) throw new Error(`${warning.stack} has no ${name}`);
      const [, over] = aroundThreshold(critical, watchedObject(critical));
      // From the first minute on, also of what is added up.
      const value = warning.signal === "server-errors" ? over * windowOf(warning.object) : over;
      const length = 2 * Math.max(windowOf(warning.object), windowOf(critical.object)) + 5;
      const messages = await told([warning.object, critical.object], measured(critical, [[value, length]]), length);
      expect([name, sayings(messages)]).toEqual([name, once("fired", critical)]);
    }
  });
});

/** A job's last words. */
function ended(job: WorldObject, at: number, exitCode: number, ReplicaName = `run-${at}`): LogRow {
  const [container = {}] = mapsAt(job.properties, "template.containers");
  const Log = `Container '${textAt(container, "name")}' was terminated with exit code: ${exitCode}`;
  const Reason = "ProcessExited";
  return { TimeGenerated: at, JobName: textAt(job.properties, "name") ?? "", Reason, Log, ReplicaName };
}

const week = 7 * 1440;
/** Between two checks of a log rule. */
const everyMinutes = 15;

/** When a job is due, from the week before the first minute on. */
function dueMinutes(job: WorldObject): readonly number[] {
  const cron = textAt(job.properties, "configuration.scheduleTriggerConfig.cronExpression") ?? "";
  return [-1, 0, 1, 2].flatMap((weeks) => (weeklyRuns(cron) ?? []).map((minute) => weeks * week + minute));
}

describe("a rule over logs", () => {
  const logRules = () => rules.filter(({ object }) => object.kind === `${prefix}ScheduledQueryRule`);
  /** The jobs that a query names; each is there. */
  function jobsOf({ object }: DeployedRule): readonly WorldObject[] {
    const [criterion = {}] = mapsAt(object.properties, "criteria.allOf");
    const [, listed = ""] = /JobName in \((.*)\)/.exec(textAt(criterion, "query") ?? "") ?? [];
    return listed.split(", ").flatMap((quoted) => {
      const found = objects.find(
        ({ kind, properties }) => kind === "azure-native:app:Job" && `"${textAt(properties, "name")}"` === quoted,
      );
      if (found === undefined) throw new Error(`${object.id} watches the job ${quoted}, which is not there`);
      return [found];
    });
  }

  it("tells once that a job failed, took too long, or statements are slow, and once that it is over", async () => {
    const [some, messages] = [logRules().filter(({ signal }) => signal !== "missing"), [] as string[]];
    expect(new Set(some.map(({ signal }) => signal))).toEqual(new Set(["failed", "slow", "slow-queries"]));
    for (const deployed of some) {
      const { signal, level, stack, name } = deployed;
      const seconds = (job: WorldObject, took: number) => [ended(job, 5, 0, "a"), ended(job, 5 + took / 60, 0, "a")];
      const statements = (count: number): LogRow[] =>
        Array.from({ length: count }, () => ({
          TimeGenerated: 5,
          Category: "PostgreSQLLogs",
          Message: "duration: 1 s",
        }));
      const above = level.above ?? 0;
      const [job] = signal === "slow-queries" ? [] : jobsOf(deployed);
      const [well, ill] =
        job === undefined
          ? [statements(above), statements(above + 1)]
          : signal === "failed"
            ? [[ended(job, 5, 0)], [ended(job, 5, 1)]]
            : [seconds(job, above), seconds(job, above + 60)];
      const at = (rows: readonly LogRow[]) => {
        return told([deployed.object], { logs: { ContainerAppSystemLogs: rows, AzureDiagnostics: rows } }, 300);
      };
      const what = `${stack} ${name}`;
      expect([what, sayings(await at(well))]).toEqual([what, []]);
      expect([what, sayings(await at(ill))]).toEqual([
        what,
        [...once("fired", deployed), ...once("resolved", deployed)],
      ]);
      messages.push(what);
    }
    // The longest run is the critical rule's alone.
    const meditation = rules.filter(({ signal }) => signal === "slow");
    const [job] = meditation.flatMap(jobsOf);
    if (job === undefined) throw new Error("no job may be slow");
    const long = { ContainerAppSystemLogs: [ended(job, 5, 0, "a"), ended(job, 17, 0, "a")] };
    const all = await told(
      meditation.map(({ object }) => object),
      { logs: long },
      60,
    );
    expect(new Set(all.map(({ severity }) => severity))).toEqual(new Set([0]));
  });

  it("tells once that one of its jobs did not run in time, and, where it can see that, once that it does again", async () => {
    for (const deployed of logRules().filter(({ signal }) => signal === "missing")) {
      const jobs = jobsOf(deployed);
      const [first] = jobs;
      if (first === undefined) throw new Error(`${deployed.name} watches no job`);
      const due = dueMinutes(first);
      const cron = textAt(first.properties, "configuration.scheduleTriggerConfig.cronExpression") ?? "";
      const gap = (longestGapSeconds(cron) ?? 0) / 60;
      const within = durationSeconds(deployed.level.within ?? "1h") / 60;
      const isRare = gap + within > 2 * 1440;
      // The first time is missed that is due after the first minute, by so many runs that it is noticed.
      const missedFrom = due.find((minute) => minute >= 30) ?? 0;
      const missedUntil = missedFrom + (isRare ? 1 : gap + within + everyMinutes);
      const length = isRare ? missedFrom + 3 * 1440 : missedFrom + 2 * (gap + within) + 120;
      const rows = (misses: boolean) =>
        jobs.flatMap((job) =>
          dueMinutes(job)
            .filter((minute) => minute > -(isRare ? 2 * 1440 : gap + within + 60) && minute < length)
            .filter((minute) => !misses || job !== first || minute < missedFrom || minute >= missedUntil)
            .map((minute) => ended(job, minute + 1, 0)),
        );
      const at = (misses: boolean) =>
        told([deployed.object], { logs: { ContainerAppSystemLogs: rows(misses) } }, length);
      const what = `${deployed.stack} ${deployed.name}`;
      expect([what, sayings(await at(false))]).toEqual([what, []]);
      expect([what, sayings(await at(true))]).toEqual([
        what,
        [...once("fired", deployed), ...(isRare ? [] : once("resolved", deployed))],
      ]);
    }
  });
});

describe("a database that is stopped at night", () => {
  it("and was not is told of in the evening, though nobody is told then what misses a database", async () => {
    const nights = objects.filter(({ kind }) => kind.endsWith(":AlertProcessingRuleByName"));
    const some = rules.filter(
      ({ watch, signal, target }) => `${watch} ${signal} ${target}` === "job missing database-hours",
    );
    expect(some.map(({ stack }) => stack)).toEqual(["dev", "latticeforge-staging"]);
    for (const deployed of some) {
      const job = objects.find(
        ({ kind, id }) =>
          kind === "azure-native:app:Job" && JSON.stringify(deployed.object).includes(`\\"${id.split("/").at(-1)}\\"`),
      );
      if (job === undefined) throw new Error(`${deployed.name} watches no job`);
      const evening = 19 * 60;
      const due = dueMinutes(job).filter((minute) => minute > -1440 && minute !== evening);
      const logs = { ContainerAppSystemLogs: due.map((minute) => ended(job, minute + 1, 0)) };
      const messages = await told([deployed.object, ...nights], { logs }, 2 * 1440);
      expect(sayings(messages)).toEqual([...once("fired", deployed), ...once("resolved", deployed)]);
      expect(messages[0]?.minute).toBeGreaterThan(evening + 60);
      expect(messages[0]?.minute).toBeLessThan(evening + 90);
    }
  });
});

describe("a rule over events", () => {
  it("tells its receivers once of each event that it is for, at night too, and of no other", async () => {
    const nights = objects.filter(({ kind }) => kind.endsWith(":AlertProcessingRuleByName"));
    expect(nights.length).toBeGreaterThan(1);
    // The minutes begin at midnight, when databases are stopped and nobody is told of it.
    const down = rules.find(({ stack, name }) => stack === "dev" && name.startsWith("database-down-"));
    if (down === undefined) throw new Error("nobody watches the database of dev");
    const unwell = measured(down, [[0, 45]]);
    expect(sayings(await told([down.object], unwell, 45))).toEqual(once("fired", down));
    expect(await told([down.object, ...nights], unwell, 45)).toEqual([]);
    const some = rules.filter(({ object }) => object.kind === subscriptionKind);
    const stacks = new Set(some.map(({ stack }) => stack));
    const withVault = stackDefinitions.filter(({ installsOnMachines }) => installsOnMachines !== true);
    expect([...stacks].sort()).toEqual(withVault.map(({ name }) => name).sort());
    expect(some).toHaveLength(2 * withVault.length);
    for (const deployed of some) {
      const types = textsAt(deployed.object.properties, "filter.includedEventTypes");
      const topic = objects.find(
        ({ kind, id }) => kind.endsWith(":SystemTopic") && deployed.object.id.startsWith(`${id}/`),
      );
      const source = textAt(topic?.properties ?? {}, "source") ?? "";
      const at = (type: string) => told([deployed.object, ...nights], { events: [{ source, type, minute: 3 }] }, 60);
      expect(types).toHaveLength(3);
      for (const type of types) expect(sayings(await at(type))).toEqual(once("fired", deployed));
      expect(sayings(await at("Microsoft.KeyVault.SecretNewVersionCreated"))).toEqual([]);
    }
  });
});

const groupRules = ({ properties }: WorldObject): readonly PropertyMap[] => mapsAt(properties, "rules");
const alertsIn = (object: WorldObject) => groupRules(object).flatMap((rule) => textAt(rule, "alert") ?? []);

/** Who is told by a stack's rules over what apps measure. */
async function toldOf(
  stack: string,
  series: readonly MetricSeries[],
  alert?: string,
): Promise<readonly Notification[]> {
  const own = groups.filter((group) => group.stack === stack).map(({ object }) => object);
  const some = alert === undefined ? own : own.filter((object) => alertsIn(object).includes(alert));
  return told(some, { series }, minutes);
}

describe("a rule over what apps measure", () => {
  const stacks = () => [...new Map(groups.map(({ stack, system }) => [stack, system]))];
  const receiversOf = (system: string, severity: number) => {
    const named = severities.find((one) => azureSeverity[one] === severity) ?? "info";
    return { severity: named, receivers: monitoringOf(system).routes[named] };
  };

  it("tells the receivers of its severity once when its threshold is passed, and once when that ends", async () => {
    const measuring = stackDefinitions
      .filter(({ system, environment }) => environmentsOf(system)[environment]?.metrics !== undefined)
      .filter(({ system }) => (monitoringOf(system).groups ?? []).length > 0);
    expect(stacks().map(([stack]) => stack)).toEqual(measuring.map(({ name }) => name));
    expect(measuring.length).toBeGreaterThan(4);
    for (const [stack, system] of stacks()) {
      const objectives = (monitoringOf(system).slos ?? []).flatMap((slo) =>
        sloGroup(slo).rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : [])),
      );
      const known = groups.flatMap((group) => (group.stack === stack ? alertsIn(group.object) : []));
      const own = measuredAlerts.filter(([of]) => of === system);
      expect([...own.map(([, alert]) => alert), ...objectives].sort()).toEqual([...known].sort());
      for (const [, alert, measuredAt, under, over, severity] of own) {
        const at = async (level: Level) =>
          sayings((await toldOf(stack, measuredAt(level), alert)).filter(({ rule }) => rule === alert));
        const whom = receiversOf(system, severity);
        if (stack.endsWith("-prod")) expect([stack, alert, await at(() => under)]).toEqual([stack, alert, []]);
        expect([stack, alert, await at((minute) => (minute <= 60 ? over : under))]).toEqual([
          ...[stack, alert],
          [...once("fired", whom), ...once("resolved", whom)],
        ]);
      }
    }
  });

  it("says nothing while a more severe one about the same tells", async () => {
    for (const [system, warning, critical] of [
      ["latticeforge", "HighErrorRate", "HighErrorRateCritical"],
      ["betterworld", "ElevatedErrorRate", "HighErrorRate"],
      ["betterworld", "QueriesSlow", "QueriesVerySlow"],
      ["kimberly", "MemoryTierNearQuota", "MemoryTierFull"],
    ]) {
      const found = measuredAlerts.find(([of, alert]) => of === system && alert === critical);
      if (found === undefined) throw new Error(`${system} has no ${critical}`);
      const [, , measuredAt, , over] = found;
      const messages = await toldOf(
        `${system}-prod`,
        measuredAt(() => over),
      );
      const about = messages.filter(({ rule }) => rule === warning || rule === critical);
      expect([...new Set(about.map(({ rule, state }) => `${rule} ${state}`))]).toEqual([`${critical} fired`]);
    }
  });
});

/** Two counters of an objective: everything, and a share that goes wrong, or the rest, that goes well. */
function objectiveSeries({ total, bad, good }: NonNullable<Monitoring["slos"]>[number], wrong: Level) {
  const selected = (selector: string, growth: Level) => {
    const [, name = "", matchers = ""] = /^(\w+)\{(.*)\}$/.exec(selector) ?? [];
    const labels = [...matchers.matchAll(/(\w+)=~?"([^"]*)"/g)].map(([, label = "", value = ""]) => [
      label,
      value.replace("..", "03"),
    ]);
    return counter(name, Object.fromEntries(labels), growth);
  };
  const well: Level = (minute) => 1000 * (1 - wrong(minute));
  if (good !== undefined) return [selected(total, () => 1000), selected(good, well)];
  const rest = selected(total, well);
  const others = { ...rest, labels: { ...rest.labels, status: "200", outcome: "done" } };
  return [others, selected(bad ?? "", (minute) => 1000 * wrong(minute))];
}

describe("an objective", () => {
  it("tells whoever is paged once that its budget burns fast, and nobody the slower alerts meanwhile", async () => {
    const objectives = [...new Map(groups.map(({ stack, system }) => [stack, system]))].flatMap(([stack, system]) =>
      (monitoringOf(system).slos ?? []).map((slo) => ({ stack, system, slo })),
    );
    expect(objectives.length).toBeGreaterThan(13);
    for (const { stack, system, slo } of objectives) {
      const name = sloGroup(slo).rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : []));
      const allowed = (100 - slo.objective) / 100;
      const at = (share: number) =>
        toldOf(
          stack,
          objectiveSeries(slo, () => share),
          name[0] ?? "",
        );
      if (stack.endsWith("-prod")) expect([stack, slo.name, await at(0.5 * allowed)]).toEqual([stack, slo.name, []]);
      const burning = await at(Math.min(1, 16 * allowed));
      const { routes } = monitoringOf(system);
      const spoken = burning.filter(({ rule }) => !rule.endsWith("BudgetSpent"));
      expect([stack, slo.name, new Set(spoken.map(({ rule }) => rule)).size, sayings(spoken)]).toEqual([
        ...[stack, slo.name, 1],
        once("fired", { severity: "critical", receivers: routes.critical }),
      ]);
    }
  });
});
