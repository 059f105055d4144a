import { maximum, percentile } from "../measurements/statistics";
import { type Check, check, type DatabaseEvidence, type DrillEvidence, type RunEvidence } from "./drill-evidence";

/** How much later than its sync interval a row may be with the standby. Seconds. */
const lagAllowance = { perSecond: 2.5, beyondInterval: 2.5 };
const serveSeconds = 60;
const leastSteadySeconds = 30;

/**
 * What all failovers of a drill together must show. Nothing when there were none.
 *
 * @param steadySeconds of writing before the loss: lag is not measured in fewer than 30 s, in which the standby still recovers from its
 * first restores, nor that of databases with a longer sync interval
 */
export function checkTargets(runs: readonly RunEvidence[], steadySeconds: number): readonly Check[] {
  const failovers = runs.filter(({ failover }) => failover !== undefined);
  if (failovers.length === 0) return [];
  const databases = failovers.flatMap((run) => run.databases);
  // On real hosts the drill does not observe databases that the standby does not follow.
  const measurable = databases.filter(
    ({ followed, lags, syncSeconds }) =>
      Math.max(syncSeconds, leastSteadySeconds) <= steadySeconds && (followed || lags.length > 0),
  );
  return [...lagTargets(measurable), serveTarget(failovers), ...dataTargets(failovers, databases)];
}

function lagTargets(databases: readonly DatabaseEvidence[]): readonly Check[] {
  const intervals = [...new Set(databases.map(({ syncSeconds }) => syncSeconds))].sort((one, other) => one - other);
  return intervals.map((interval) => {
    const lags = databases.filter(({ syncSeconds }) => syncSeconds === interval).flatMap((database) => database.lags);
    const most = interval === 1 ? lagAllowance.perSecond : interval + lagAllowance.beyondInterval;
    const p95 = percentile(lags, 0.95);
    const measured =
      p95 === undefined
        ? "no row arrived"
        : `p50 ${seconds(percentile(lags, 0.5))}, p95 ${seconds(p95)} of ${lags.length} rows`;
    return check(`data lag, ${interval} s databases`, `p95 below ${most} s`, measured, p95 !== undefined && p95 < most);
  });
}

function serveTarget(failovers: readonly RunEvidence[]): Check {
  const times = failovers.flatMap(({ failover }) =>
    failover === undefined ? [] : [failover.served - failover.decided],
  );
  const most = maximum(times);
  const measured = `p50 ${seconds(percentile(times, 0.5))}, at most ${seconds(most)} of ${times.length} failovers`;
  return check("time to serve", `below ${serveSeconds} s`, measured, most !== undefined && most < serveSeconds);
}

function dataTargets(failovers: readonly RunEvidence[], databases: readonly DatabaseEvidence[]): readonly Check[] {
  const critical = failovers.map((run) => run.databases.filter(({ tier }) => tier.startsWith("P0")));
  const whole = critical.map((tier) => tier.filter(isWhole).length);
  const expected = critical[0]?.length ?? 0;
  const damaged = databases.filter(({ integrity }) => integrity === "damaged" || integrity === "absent");
  const beyond = databases.filter((database) => database.followed && database.secondsLost > maximumLoss(database));
  const silent = failovers.filter(({ inference }) => inference === undefined);
  return [
    check(
      "P0 databases on the standby",
      `${expected} of ${expected}`,
      `${Math.min(...whole)} of ${expected}`,
      whole.every((count) => count === expected),
    ),
    check("rows lost beyond the lag", "none", listDatabases(beyond), beyond.length === 0),
    check("integrity", "ok on all", damaged.length === 0 ? "ok on all" : listDatabases(damaged), damaged.length === 0),
    check(
      "inference answers",
      "in every run",
      `in ${failovers.length - silent.length} of ${failovers.length}`,
      silent.length === 0,
    ),
  ];
}

/** Also when it is as empty as it was: some are only made by their first write. */
function isWhole({ committed, integrity }: DatabaseEvidence): boolean {
  return integrity === "ok" || (integrity === "empty" && committed === 0);
}

/** The lag that is promised for a database: what was committed less long ago than that may be lost. */
export function maximumLoss({ syncSeconds }: Pick<DatabaseEvidence, "syncSeconds">): number {
  return syncSeconds === 1 ? lagAllowance.perSecond : syncSeconds + lagAllowance.beyondInterval;
}

export function seconds(value: number | undefined): string {
  return value === undefined ? "unknown" : `${value.toFixed(1)} s`;
}

function listDatabases(databases: readonly DatabaseEvidence[]): string {
  if (databases.length === 0) return "none";
  const shown = databases.slice(0, 3).map(({ name, secondsLost }) => `${name} (${seconds(secondsLost)})`);
  return `${shown.join(", ")}${databases.length > 3 ? ` and ${databases.length - 3} more` : ""}`;
}

/** The targets as a table for a terminal. */
export function formatTargets({ targets }: Pick<DrillEvidence, "targets">): readonly string[] {
  if (targets.length === 0) return [];
  const rows = [["Target", "Expected", "Measured", ""], ...targets.map(targetRow)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    "",
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    ),
  ];
}

function targetRow({ name, expected, measured, passed }: Check): string[] {
  return [name, expected, measured, passed ? "met" : "MISSED"];
}
