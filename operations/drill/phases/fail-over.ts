import { DrillError } from "../drill-error";
import type { DrillSite } from "../drill-site";
import { type DrillHost, quoted } from "../hosts/drill-host";
import type { ProgramRun } from "../run-program";
import { waitFor } from "../wait";
import { committedOn } from "./records";
import { hasRole, healthOf } from "./role";

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

/** Runs the failover command that is installed on a host, whatever comes of it. */
export function runFailover({ to, from, options }: FailoverOrder): Promise<ProgramRun> {
  const words = [`${from.settings.root}/bin/failover`, "--to", to.name, ...options];
  return from.shell(words.map(quoted).join(" "), { timeoutSeconds: promotionSeconds + serviceSeconds });
}

/**
 * Fails over, and waits until the new primary serves: its role, its health endpoint, its programs' first row, the name.
 *
 * @throws {DrillError} when the command fails, or the new primary does not serve in time
 */
export async function failOver(site: DrillSite, order: FailoverOrder): Promise<FailoverMoments> {
  const { to, options } = order;
  const term = ((await site.lease())?.term ?? 0) + 1;
  const decided = site.timeline.note(to.name, `failover ${["--to", to.name, ...options].join(" ")}`);
  const watching = watch(site, to, term, decided);
  // Told by the command's own end, when it fails.
  watching.catch(() => {});
  const { exitCode, stdout, stderr } = await runFailover(order);
  if (exitCode !== 0)
    throw new DrillError(`failover to ${to.name} ended with exit code ${exitCode}:\n${stdout}${stderr}`);
  return { decided, ...(await watching) };
}

async function watch(
  site: DrillSite,
  to: DrillHost,
  term: number,
  since: number,
): Promise<Omit<FailoverMoments, "decided">> {
  const { signal, timeline } = site;
  await waitFor(`${to.name} is primary in term ${term}`, promotionSeconds, () => hasRole(to, "primary", term), {
    signal,
  });
  const promoted = timeline.note(to.name, `primary, term ${term}`);
  const address = to.settings.hosts.find(({ name }) => name === to.name)?.address;
  const served = await waitFor(
    `${to.name} serves: healthy, written to, and under the name`,
    serviceSeconds,
    async () => {
      const first = (await committedOn(to)).find(({ at }) => at > since);
      const isNamed = (await site.nameContent()) === address;
      return first !== undefined && isNamed && (await healthOf(to)) === 200 ? Date.now() : undefined;
    },
    { signal },
  );
  timeline.note(to.name, "serves: healthy, its programs write, the name leads to it", served);
  return { promoted, served };
}
