import { setTimeout as sleep } from "node:timers/promises";
import { quoteForShell } from "../../../lib/shell-quote";
import { DrillError, type ProgramResult } from "../../programs/external-program";
import type { DrillSite } from "../drill-site";
import type { DrillHost } from "../hosts/drill-host";
import { waitFor } from "../wait";
import { hasRole, readCommittedRows, readHealth } from "./host-state";

export interface FailoverOrder {
  readonly to: DrillHost;
  /** The host on which the command is run. */
  readonly from: DrillHost;
  /** @example ["--planned"] */
  readonly options: readonly string[];
}

/** When a failover reached its stages. Milliseconds since 1970. */
export interface FailoverMoments {
  readonly decided: number;
  readonly promoted: number;
  readonly served: number;
}

const promotionSeconds = 120;
const serviceSeconds = 60;
const readySeconds = 300;

/** Runs the failover command that is installed on a host, whatever comes of it. */
export function runFailover({ to, from, options }: FailoverOrder): Promise<ProgramResult> {
  const command = [`${from.settings.root}/bin/failover`, "--to", to.name, ...options];
  return from.shell(command.map(quoteForShell).join(" "), { timeoutSeconds: promotionSeconds + serviceSeconds });
}

/** What the command ends with when a check refused, and nothing was changed. */
const refusedExitCode = 5;
/** How long an order is repeated that is refused: followers catch up with the store also when the primary is gone. */
const refusalSeconds = 120;

/**
 * Fails over, and waits until the new primary serves: its role, its health endpoint, its programs' first row, the name.
 *
 * An order that is refused is given again for a while, as a person would, and the time counts.
 *
 * @throws {DrillError} when the command fails, or the new primary does not serve in time
 */
export async function failOver(site: DrillSite, order: FailoverOrder): Promise<FailoverMoments> {
  const { to, options } = order;
  const term = ((await site.lease())?.term ?? 0) + 1;
  const decided = site.timeline.note(to.name, `failover ${["--to", to.name, ...options].join(" ")}`);
  const giveUp = new AbortController();
  const watching = watchTakeover(site, to, term, decided, AbortSignal.any([site.signal, giveUp.signal]));
  // When the order itself fails, that is what is told.
  watching.catch(() => {});
  const { exitCode, stderr } = await repeatWhileRefused(site, order, decided);
  if (exitCode === 0) return { decided, ...(await watching) };
  giveUp.abort();
  throw new DrillError(`failover to ${to.name} ended with exit code ${exitCode}: ${stderr.trim()}`);
}

/**
 * Waits until a dry run of an order is not refused any more: before a planned one, nobody is in a hurry.
 *
 * @throws {DrillError} when it still is after some minutes
 */
export async function waitUntilReady({ signal, timeline }: DrillSite, order: FailoverOrder): Promise<void> {
  let why = "";
  const isReady = async () => {
    const { exitCode, stderr } = await runFailover({ ...order, options: [...order.options, "--dry-run"] });
    why = stderr.trim();
    return exitCode === 0;
  };
  const what = () => `a failover to ${order.to.name} is not refused; the last time: ${why}`;
  await waitFor(what, readySeconds, isReady, { signal, everySeconds: 2 });
  timeline.note(order.to.name, "follows everything, ready for a planned failover");
}

async function repeatWhileRefused(site: DrillSite, order: FailoverOrder, since: number): Promise<ProgramResult> {
  let said = "";
  for (;;) {
    const answer = await runFailover(order);
    if (answer.exitCode !== refusedExitCode || Date.now() > since + refusalSeconds * 1000) return answer;
    const refusal = /^refused: .*$/m.exec(answer.stderr)?.[0] ?? "refused";
    if (said === "") site.timeline.note(order.to.name, refusal);
    said = refusal;
    await sleep(2_000, undefined, { signal: site.signal });
  }
}

async function watchTakeover(
  { nameContent, timeline, startWriters }: DrillSite,
  to: DrillHost,
  term: number,
  since: number,
  signal: AbortSignal,
): Promise<Omit<FailoverMoments, "decided">> {
  const patience = refusalSeconds + promotionSeconds;
  await waitFor(`${to.name} is primary in term ${term}`, patience, () => hasRole(to, "primary", term), { signal });
  const promoted = timeline.note(to.name, `primary, term ${term}`);
  await startWriters(to);
  const address = to.settings.hosts.find(({ name }) => name === to.name)?.address;
  const serves = async () => {
    const first = (await readCommittedRows(to)).find(({ at }) => at > since);
    return first !== undefined && (await nameContent()) === address && (await readHealth(to)) === 200;
  };
  await waitFor(`${to.name} serves: healthy, written to, and under the name`, serviceSeconds, serves, { signal });
  return { promoted, served: timeline.note(to.name, "serves: healthy, its programs write, the name leads to it") };
}
