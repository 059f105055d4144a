import { azureSchedule, detectionTime } from "../../../components/heartbeat/detection";
import type { SystemHosts } from "../../../stacks/system-hosts";
import { maximum, percentile } from "../measurements/statistics";
import { type Check, type DatabaseEvidence, type DrillEvidence, listChecks, type RunEvidence } from "./drill-evidence";
import { seconds } from "./drill-targets";

/** What the heartbeat's schedule promises, for the row about the alert. */
export interface AlertBound {
  /** Seconds until the faster watcher has told people, at most. */
  readonly seconds: number;
  /** @example "the second watcher, every 30 s, after 2 failures" */
  readonly how: string;
}

/** The evidence as a page: acceptance table, targets, databases, every check. */
export function reportPage(evidence: DrillEvidence, alert: AlertBound | undefined): string {
  const { machine, runs, hosts, startedAt, skipped } = evidence;
  const checks = listChecks(evidence);
  const failed = checks.filter(({ passed }) => !passed);
  return [
    "# Failover drill",
    "",
    `${startedAt.slice(0, 16).replace("T", " ")} UTC, ${hosts === "local" ? "two hosts made on one machine" : "the real hosts"}; ${machine.platform}, ${machine.cores} cores, load ${machine.load.toFixed(1)}, Node ${machine.node}, Litestream ${machine.litestream}. ${runs.length} ${runs.length === 1 ? "run" : "runs"}: ${checks.length - failed.length} of ${checks.length} checks passed.`,
    "",
    "## Acceptance",
    "",
    ...table(["Criterion", "Target", "Measured", "Passed"], acceptanceRows(runs, alert)),
    "",
    ...(evidence.targets.length === 0 ? [] : ["## Targets", "", ...checkTable(evidence.targets), ""]),
    ...failoverSection(runs),
    ...runs.flatMap((run) => runSection(run)),
    ...(skipped.length === 0
      ? []
      : ["## Not done", "", ...skipped.map(({ scenario, why }) => `- ${scenario}: ${why}`), ""]),
  ].join("\n");
}

/** The table that people sign. A criterion that nothing was measured for says so. */
function acceptanceRows(runs: readonly RunEvidence[], alert: AlertBound | undefined): readonly string[][] {
  const failovers = runs.filter(({ failover }) => failover !== undefined);
  const databases = failovers.flatMap((run) => run.databases);
  const lost = maximum(databases.filter(({ followed }) => followed).map(({ secondsLost }) => secondsLost));
  const serving = maximum(failovers.flatMap(({ failover }) => (failover ? [failover.served + failover.nameTtl] : [])));
  const critical = failovers.map(({ databases: all }) => all.filter(({ tier }) => tier.startsWith("P0")));
  const whole = critical.map((tier) => tier.filter(({ integrity }) => integrity === "ok").length);
  const fewest = whole.length === 0 ? undefined : Math.min(...whole);
  const expected = critical[0]?.length ?? 0;
  const answers = failovers.filter(({ inference }) => inference !== undefined).length;
  const kept = failovers.flatMap(({ checks }) => checks.filter(({ name }) => name === returnCheck));
  return [
    criterion(
      "Alert latency",
      "< 2 min 30 s",
      alert && `${seconds(alert.seconds)} (${alert.how})`,
      (alert?.seconds ?? 0) < 150,
    ),
    criterion(
      "Data lag on the standby (RPO)",
      "< 60 s",
      lost === undefined ? undefined : `at most ${seconds(lost)} of writes lost`,
      (lost ?? 0) < 60,
    ),
    criterion(
      "Time until the standby serves (RTO)",
      "< 5 min",
      serving === undefined ? undefined : `at most ${seconds(serving)}, the name's TTL included`,
      (serving ?? 0) < 300,
    ),
    criterion(
      "P0 databases on the standby",
      String(expected || 17),
      fewest === undefined ? undefined : String(fewest),
      fewest === expected,
    ),
    criterion(
      "Inference on the standby",
      "answers a test prompt",
      failovers.length === 0 ? undefined : `in ${answers} of ${failovers.length} runs`,
      answers === failovers.length,
    ),
    criterion(
      "No data lost when the primary returns",
      "row counts match",
      kept.length === 0 ? undefined : (kept.find(({ passed }) => !passed) ?? kept[0])?.measured,
      kept.every(({ passed }) => passed),
    ),
  ];
}

/** The check whose result stands for "no data lost when the primary returns". */
export const returnCheck = "nothing lost after the return";

function criterion(name: string, target: string, measured: string | undefined, passed: boolean): string[] {
  return [name, target, measured ?? "not measured", measured === undefined ? "–" : yesNo(passed)];
}

function failoverSection(runs: readonly RunEvidence[]): readonly string[] {
  const rows = runs.flatMap(({ scenario, run, failover }) =>
    failover === undefined
      ? []
      : [
          [
            `${scenario} ${run}`,
            ...[failover.detected, failover.decided, failover.promoted, failover.served].map((at) => at.toFixed(1)),
            String(failover.nameTtl),
          ],
        ],
  );
  if (rows.length === 0) return [];
  const heads = ["Run", "Detected", "Decided", "Promoted", "Served", "Name's TTL"];
  return [
    "## Failovers",
    "",
    "Seconds since the primary was lost; the TTL comes on top for clients that know the old address.",
    "",
    ...table(heads, rows),
    "",
  ];
}

function runSection(run: RunEvidence): readonly string[] {
  const title = `${run.scenario}, run ${run.run}`;
  const databases = run.databases.length === 0 ? [] : ["", ...databaseTable(run.databases)];
  return [
    `## ${title}`,
    "",
    `![Timeline of ${title}](${pictureName(run)})`,
    "",
    ...checkTable(run.checks),
    ...(run.notChecked ?? []).map(({ name, why }) => `\nNot checked: ${name}: ${why}`),
    ...databases,
    "",
  ];
}

/** The file of a run's timeline picture, beside the page. */
export function pictureName({ scenario, run }: Pick<RunEvidence, "scenario" | "run">): string {
  return `timeline-${scenario}-${run}.svg`;
}

function databaseTable(databases: readonly DatabaseEvidence[]): readonly string[] {
  const heads = [
    "Database",
    "Tier",
    "Interval",
    "Lag p50",
    "Lag p95",
    "Committed",
    "Recovered",
    "Seconds lost",
    "Integrity",
  ];
  return table(
    heads,
    databases.map((database) => [
      database.name,
      database.tier,
      `${database.syncSeconds} s`,
      database.lags.length === 0 ? "–" : seconds(percentile(database.lags, 0.5)),
      database.lags.length === 0 ? "–" : seconds(percentile(database.lags, 0.95)),
      String(database.committed),
      String(database.recovered),
      database.secondsLost.toFixed(1),
      database.integrity,
    ]),
  );
}

function checkTable(checks: readonly Check[]): readonly string[] {
  return table(
    ["Check", "Expected", "Measured", "Passed"],
    checks.map(({ name, expected, measured, passed }) => [name, expected, measured, yesNo(passed)]),
  );
}

/** A table of Markdown; what would break a cell is escaped. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "-|").join("")}`, ...rows.map(line)];
}

function yesNo(passed: boolean): string {
  return passed ? "yes" : "**no**";
}

/** What the faster of the two watchers promises, from its schedule. */
export function alertBound({ alertAfter }: Pick<SystemHosts, "alertAfter">): AlertBound {
  const seconds = detectionTime(azureSchedule, alertAfter).atWorst;
  return {
    seconds,
    how: `promised by the second watcher's schedule: every ${azureSchedule.everySeconds} s, told after ${alertAfter} failures`,
  };
}
