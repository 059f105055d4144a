import { quoteForShell } from "../../../lib/shell-quote";
import { DrillError } from "../../programs/drill-error";
import type { DrillHost } from "../hosts/drill-host";
import { listLoadedAgents } from "../phases/agents";
import { readHealth, readRole } from "../phases/role";

/** What two clocks may differ by: lags are measured in more. */
const clockSeconds = 0.5;

/**
 * Refuses a drill on hosts that are not as they should be: it would measure something else, or break what is left.
 *
 * @throws {DrillError} with everything that is wrong
 */
export async function refuseUnlessReady(anvil: DrillHost, forge: DrillHost): Promise<void> {
  const problems = [...(await findProblems(anvil, "primary")), ...(await findProblems(forge, "standby"))];
  if (problems.length === 0) return;
  throw new DrillError(["the hosts are not ready for a drill:", ...problems].join("\n  "));
}

async function findProblems(host: DrillHost, role: "primary" | "standby"): Promise<readonly string[]> {
  const [found, health, agents, clock] = await Promise.all([
    readRole(host),
    readHealth(host, 10_000),
    listLoadedAgents(host),
    clockProblem(host),
  ]);
  const silent = agents.filter(({ pid }) => pid === undefined).map(({ label }) => label);
  return [
    ...(found?.role === role
      ? []
      : [`${host.name} is ${found?.role ?? "in no role"}, and a drill begins with it as ${role}: bin/failover --back`]),
    ...(health === 200
      ? []
      : [`${host.name}'s health endpoint says ${health ?? "nothing"} to this machine, by which a loss is noticed`]),
    ...clock,
    ...(agents.length === 0
      ? [
          `${host.name} has no agent loaded: is the user logged in? Then there: sh ${host.settings.root}/incoming/*/install.sh`,
        ]
      : []),
    ...(silent.length === 0 ? [] : [`${host.name}: these agents do not run: ${silent.join(", ")}`]),
  ];
}

/** Times that hosts and this machine wrote are compared with each other. */
async function clockProblem(host: DrillHost): Promise<readonly string[]> {
  const before = Date.now();
  const { stdout } = await host.shell(`${quoteForShell(host.settings.programs.node)} -p 'Date.now()'`);
  const [theirs, after] = [Number(stdout.trim()), Date.now()];
  if (stdout.trim() === "" || Number.isNaN(theirs)) return [`${host.name} cannot run ${host.settings.programs.node}`];
  const apart = Math.max(before - theirs, theirs - after, 0) / 1000;
  if (apart <= clockSeconds) return [];
  return [`${host.name}'s clock and this machine's are ${apart.toFixed(1)} s apart: sudo sntp -sS time.apple.com`];
}
