import { setTimeout as sleep } from "node:timers/promises";
import { quoteForShell } from "../../../lib/shell-quote";
import { DrillError } from "../../programs/external-program";
import type { DrillSite } from "../drill-site";
import { type Check, check, type FailoverTimes } from "../evidence/drill-evidence";
import { maximumLoss } from "../evidence/drill-targets";
import { returnCheck } from "../evidence/report-page";
import type { DrillHost } from "../hosts/drill-host";
import { type FailoverMoments, failOver, waitUntilReady } from "../phases/fail-over";
import { reachSteadyState } from "../phases/following";
import { hasRole, readCommittedRows, readHealth, readObservations, readRole } from "../phases/host-state";
import { findMissingRows, readKeptRows } from "../phases/kept-rows";
import { measureDatabases } from "../phases/measure-databases";
import { waitFor } from "../wait";
import { possible, type Scenario, type ScenarioOptions, type ScenarioOutcome } from "./scenario";

const afterFailoverSeconds = 10;
const returnSeconds = 120;

/** The whole of it: loss, detection, failover, service, return, an `up` that moves nothing, and the way back. */
export const hostLoss: Scenario = {
  name: "host-loss",
  description: "The primary's agents and programs end at once; it comes back when the standby serves.",
  endState:
    "The standby serves with everything but the last seconds; the returned host follows, what it had beyond is in quarantine; an up moves nothing; the planned way back loses nothing.",
  hindrance: possible,
  run: runHostLoss,
};

async function runHostLoss(site: DrillSite, options: ScenarioOptions): Promise<ScenarioOutcome> {
  const { anvil, timeline } = site;
  await site.start();
  const since = await reachSteadyState(site, options.steadySeconds);
  const lost = await loseAndFailOver(site, since, options);
  await sleep(afterFailoverSeconds * 1000, undefined, { signal: site.signal });
  const answer = await promptStandby(site);
  timeline.note(anvil.name, "comes back");
  await anvil.comeBack();
  const term = (await site.lease())?.term ?? 0;
  await waitFor(`${anvil.name} follows in term ${term}`, returnSeconds, () => hasRole(anvil, "standby", term), site);
  timeline.note(anvil.name, `standby, term ${term}`);
  const kept = await checkKeptRows(site);
  const up = await checkUp(site);
  const checks = [
    ...kept,
    ...up.checks,
    ...(await checkWayBack(site)),
    await checkSecrets(anvil, site.local?.stateDirectory),
    await checkSecrets(site.forge, site.local?.stateDirectory),
  ];
  const { databases, times: failover } = lost;
  const { notChecked } = up;
  return { failover, databases, inference: answer, checks: [...lost.checks, ...checks], notChecked };
}

async function loseAndFailOver(site: DrillSite, since: number, { watchSeconds }: ScenarioOptions) {
  const { anvil, forge, timeline } = site;
  await site.beforeInterruption(`end every agent and program of ${anvil.name} at once`);
  const failedAt = await anvil.lose();
  await site.stopWriters(anvil);
  timeline.note(anvil.name, "lost: agents and programs killed", failedAt);
  const detected = await detectLoss(site, anvil, { everySeconds: watchSeconds, failures: 2 });
  const moments = await failOver(site, { to: forge, from: forge, options: ["--yes", "--json"] });
  const committed = (await readCommittedRows(anvil)).filter(({ at }) => at >= since);
  const loss = { committed, observed: await readObservations(forge), failedAt, seed: site.seed };
  const databases = await measureDatabases(forge, loss);
  const beyond = databases.filter((database) => database.secondsLost > maximumLoss(database));
  const names = beyond.map(({ name, secondsLost }) => `${name} ${secondsLost.toFixed(1)} s`).join(", ");
  const damaged = databases.filter(({ integrity }) => integrity === "damaged" || integrity === "absent");
  const checks = [
    check("nothing lost beyond the lag", "no database", names || "no database", beyond.length === 0),
    check(
      "integrity after the failover",
      "ok",
      damaged.map(({ name, integrity }) => `${name} ${integrity}`).join(", ") || "ok",
      damaged.length === 0,
    ),
  ];
  return {
    databases,
    checks,
    times: computeTimes(failedAt, detected, moments, forge.settings.failoverName.ttlSeconds),
  };
}

function computeTimes(failedAt: number, detected: number, moments: FailoverMoments, nameTtl: number): FailoverTimes {
  const after = (moment: number) => (moment - failedAt) / 1000;
  const { decided, promoted, served } = moments;
  return {
    detected: after(detected),
    decided: after(decided),
    promoted: after(promoted),
    served: after(served),
    nameTtl,
  };
}

async function promptStandby({ forge }: DrillSite): Promise<string | undefined> {
  const server = forge.settings.inference.servers.find(({ host }) => host === forge.name);
  return server && askForAnswer(forge, server.url);
}

/** Every row that the lost primary had committed is with the new one, or in quarantine (`aside/`) on the returned one. */
async function checkKeptRows(site: DrillSite): Promise<readonly Check[]> {
  const { anvil, forge } = site;
  const missing = findMissingRows(await readCommittedRows(anvil), await readKeptRows([anvil, forge]));
  const count = (await readCommittedRows(anvil)).length;
  return [
    check(returnCheck, `${count} rows, here or in quarantine`, `${count - missing.length} rows`, missing.length === 0),
  ];
}

async function checkUp(site: DrillSite): Promise<Pick<ScenarioOutcome, "checks" | "notChecked">> {
  const before = JSON.stringify([(await site.lease())?.term, await site.nameContent()]);
  const up = await site.up();
  if ("why" in up) {
    site.timeline.note("up", `of the hosts stack: not done: ${up.why}`);
    return { checks: [], notChecked: [{ name: "an up afterwards changes nothing", why: up.why }] };
  }
  await sleep(3_000, undefined, { signal: site.signal });
  const after = JSON.stringify([(await site.lease())?.term, await site.nameContent()]);
  const roles = [(await readRole(site.anvil))?.role, (await readRole(site.forge))?.role].join(", ");
  site.timeline.note(
    "up",
    up.unchanged ? "of the hosts stack: unchanged" : `of the hosts stack: exit code ${up.exitCode}`,
  );
  const said = up.unchanged ? "unchanged" : up.said.slice(-300);
  const checks = [
    check("an up afterwards changes nothing", "unchanged", said, up.unchanged),
    check("an up moves neither lease nor name", before, after, before === after),
    check("an up moves no role", "standby, primary", roles, roles === "standby, primary"),
  ];
  return { checks };
}

/** The planned way back: nothing at all may be lost. */
async function checkWayBack(site: DrillSite): Promise<readonly Check[]> {
  const { anvil, forge } = site;
  await site.beforeInterruption(`hand over to ${anvil.name} again`);
  const order = { to: anvil, from: anvil, options: ["--back", "--planned", "--yes", "--json"] };
  await waitUntilReady(site, order);
  await site.stopWriters(forge);
  const moments = await failOver(site, order);
  const seconds = (moments.served - moments.decided) / 1000;
  const term = (await site.lease())?.term ?? 0;
  await waitFor(`${forge.name} follows in term ${term}`, returnSeconds, () => hasRole(forge, "standby", term), site);
  const all = [...(await readCommittedRows(forge))];
  const missing = findMissingRows(all, await readKeptRows([anvil]));
  return [
    check(
      "nothing lost on the planned way back",
      `${all.length} rows`,
      `${all.length - missing.length} rows`,
      missing.length === 0,
    ),
    check("time to serve on the way back", "below 60 s", `${seconds.toFixed(1)} s`, seconds < 60),
  ];
}

/** How often the drill's own watcher asks the health endpoint: as the real watchers do, but more often. */
interface Watching {
  readonly everySeconds: number;
  /** Failures in a row until it is told. */
  readonly failures: number;
}

const patienceSeconds = 120;

/** Watches a host until it would have been told that it does not answer. @returns when, in milliseconds since 1970 */
async function detectLoss(site: DrillSite, host: DrillHost, watching: Watching): Promise<number> {
  const deadline = Date.now() + patienceSeconds * 1000;
  for (let failures = 0; Date.now() < deadline; ) {
    site.signal.throwIfAborted();
    failures = (await readHealth(host)) === 200 ? 0 : failures + 1;
    if (failures >= watching.failures) {
      return site.timeline.note("watcher", `${host.name} does not answer, ${failures} times in a row`);
    }
    await sleep(watching.everySeconds * 1000);
  }
  throw new DrillError(`${host.name} was ended, and its health endpoint still answers after ${patienceSeconds} s`);
}

/** Asks a server for its models, and the first of them to answer a prompt. Runs on the host, where the server listens. */
const program = `
const [url] = process.argv.slice(1);
const signal = () => AbortSignal.timeout(60_000);
const { models } = await (await fetch(url + "/api/tags", { signal: signal() })).json();
const body = JSON.stringify({ model: models[0].name, prompt: "Say that you work.", stream: false });
const answer = await (await fetch(url + "/api/generate", { method: "POST", body, signal: signal() })).json();
process.stdout.write(answer.response);
`;

/** What a host's inference server answers to a test prompt; undefined when it does not. */
async function askForAnswer(host: DrillHost, url: string): Promise<string | undefined> {
  const command = [host.settings.programs.node, "--input-type=module", "-e", program, url];
  const { exitCode, stdout } = await host.shell(command.map(quoteForShell).join(" "));
  return exitCode === 0 && stdout.trim() !== "" ? stdout.trim().slice(0, 200) : undefined;
}

/** What the search says last. */
const searched = "searched";

/**
 * Checks that the secrets of a host are in their file and nowhere else: in no other file of the host, and on no command line. The
 * search runs on the host, so they do not leave it.
 *
 * @param stateDirectory of the deployment, where it is on the same machine
 */
export async function checkSecrets(host: DrillHost, stateDirectory?: string): Promise<Check> {
  const { agentsDirectory, root } = host.settings;
  const secrets = quoteForShell(`${root}/etc/secrets.env`);
  const places = [root, agentsDirectory, ...(stateDirectory === undefined ? [] : [stateDirectory])];
  const patterns = quoteForShell(`${host.recordDirectory}/patterns`);
  const script = `umask 077
sed -n -E 's/^[A-Z_]*(KEY|SECRET|TOKEN)=//p' ${secrets} > ${patterns}
test -s ${patterns} || echo "no secrets to look for"
grep -rlF -f ${patterns} ${places.map(quoteForShell).join(" ")} | grep -vxF ${secrets}
ps -A -ww -o args= | grep -F -f ${patterns} > /dev/null && echo "a command line"
find ${secrets} -perm -004 -o -perm -040
rm -f ${patterns}
echo ${searched}`;
  // Databases are searched, too, and real ones are large.
  const { stdout } = await host.shell(script, { timeoutSeconds: 600 });
  const lines = stdout.split("\n").filter((line) => line !== "");
  const found = lines.includes(searched)
    ? lines.filter((line) => line !== searched)
    : [...lines, "the search did not come to its end"];
  const name = `secrets of ${host.name}`;
  return check(
    name,
    "in their own file only",
    found.length === 0 ? "in their own file only" : found.join(", "),
    found.length === 0,
  );
}
