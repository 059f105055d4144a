import type { SiteRecord } from "../../lib/site-record";
import { type HostExitCode, hostExitCodes } from "../../programs/host/host-exit-codes";
import { backProblems, forwardProblems, loweredTtl, observe, stepsOf } from "./check-cutover";
import {
  type CutoverEvidence,
  type CutoverPlace,
  downtimeOf,
  labelOf,
  type Migration,
  migrationOf,
} from "./cutover-place";
import type { SiteCloud } from "./site-cloud";

export interface CutoverEnd {
  readonly exitCode: HostExitCode;
  readonly outcome: string;
  /** Of one that came to its end. */
  readonly migration?: Migration;
}

export interface CutoverRequest {
  readonly back: boolean;
  /** The copy may be of another size than the site. */
  readonly acceptSize: boolean;
  /** Somebody else deploys: nobody here sees when. */
  readonly wait: boolean;
  /** How long may be waited for the deployment of others, and for the certificate. */
  readonly timeoutSeconds: number;
  readonly dryRun: boolean;
}

export interface CutoverTools {
  readonly cloud: SiteCloud;
  readonly signal: AbortSignal;
  say(line: string): void;
  /** Asks, once the steps were said. */
  agree(): Promise<boolean>;
  /** Writes the site's state into the inventory. */
  setState(state: "on-pages" | "to-migrate"): void;
  /**
   * Has the inventory deployed, or waits for whoever does; undefined when it is.
   *
   * @param beforeApplying what is done once the deployment was previewed and agreed to; never where somebody else deploys
   */
  deploy(beforeApplying: () => Promise<void>): Promise<CutoverEnd | undefined>;
  readEvidence(): CutoverEvidence | undefined;
  writeEvidence(evidence: CutoverEvidence): void;
}

interface EvidenceKeeper {
  read(): CutoverEvidence;
  keep(more: Partial<CutoverEvidence>): void;
}

const pollMs = 1000;
/** Answers one after the other with which the site is taken for well. */
const enoughAnswers = 3;
/** Pages looks at a name by itself when it is added, which took the plan's first site a minute; one that stays pending is asked again. */
const retrySeconds = 120;

/**
 * Moves a site's names to its Pages project, or back: checks, waits until nobody remembers the old address for long, writes the
 * inventory, has it deployed, waits until Pages answers, measures.
 *
 * What is left to do is read from the zone, Pages and the inventory, so that the same call goes on after an interruption at any point.
 * The records themselves are the program's: of them it changes only the TTL of one that the deployment then replaces. Those that no stack
 * has and that stand in the way it deletes when the deployment is about to apply, and makes again where nothing came in their place.
 */
export async function runCutover(
  place: CutoverPlace,
  request: CutoverRequest,
  tools: CutoverTools,
): Promise<CutoverEnd> {
  const { cloud, say } = tools;
  const to = request.back ? "back" : "pages";
  const seen = await observe(cloud, place);
  const goal = request.back ? "to-migrate" : "on-pages";
  const isSwapped = place.state === goal && (await whatIsMissing(cloud, place, request.back)) === undefined;
  // Where only the inventory was changed, nothing moves.
  const isThere = await haveMoved(cloud, place, request.back);
  const kept = tools.readEvidence();
  const begun = kept?.to === to && kept.endedAt === undefined ? kept : undefined;
  if (isSwapped && begun === undefined) return done(`nothing to do: ${place.domain} ${served(place, request.back)}`);

  const problems = isSwapped
    ? []
    : request.back
      ? await backProblems(cloud, place)
      : forwardProblems(place, seen, request);
  for (const problem of problems) say(`refused: ${problem}`);
  if (problems.length > 0) return { exitCode: hostExitCodes.refused, outcome: "refused; nothing was changed" };
  const slow = request.back ? [] : seen.records.filter(({ proxied }) => !proxied);
  const removed = request.back ? [] : seen.records.filter(({ id }) => !place.ownRecords.has(id));
  const steps = stepsOf(place, goal, slow, removed);
  // Of one that has moved, only the last step is left.
  for (const step of isSwapped ? steps.slice(-1) : steps) say(`${request.dryRun ? "would" : "will"}: ${step}`);
  if (request.dryRun) return done("dry run: nothing was changed");
  if (!isSwapped && !(await tools.agree()))
    return { exitCode: hostExitCodes.cancelled, outcome: "nothing was changed" };
  let evidence: CutoverEvidence =
    begun === undefined
      ? {
          ...{ to, startedAt: cloud.clock.now().toISOString() },
          removed: kept?.removed ?? [],
          before: await cloud.warmMilliseconds(place.url),
        }
      : {
          ...begun,
          resumed: begun.resumed === true || isThere || begun.downSince !== undefined,
        };
  const keep = (more: Partial<CutoverEvidence>) => {
    evidence = { ...evidence, ...more };
    tools.writeEvidence(evidence);
  };
  keep({});
  if (!isSwapped) {
    const waited = await letCachesExpire(place, slow, tools);
    if (waited !== undefined) return waited;
    tools.setState(goal);
  }
  const makeWay = async () => {
    // Known before they are gone: nobody can read them afterwards.
    keep({ removed: [...evidence.removed.filter((one) => !removed.some((other) => isSame(one, other))), ...removed] });
    for (const record of removed) await cloud.deleteRecord(place.zoneId, record.id);
  };
  const deploying = isSwapped ? Promise.resolve(undefined) : tools.deploy(makeWay);
  let hasEnded = false;
  try {
    const end = await watchSwap(place, request, tools, deploying, { read: () => evidence, keep });
    if (end !== undefined) return end;
    hasEnded = true;
  } finally {
    if (!hasEnded && !request.back) {
      await deploying.catch(() => undefined);
      keep({ removed: await putBack(place, evidence.removed, tools) });
    }
  }
  if (request.back) {
    const ofOtherNames = evidence.removed.filter(({ name }) => name !== place.domain);
    keep({ removed: await putBack(place, ofOtherNames, tools) });
  }
  const after = await cloud.warmMilliseconds(place.url);
  keep({ endedAt: cloud.clock.now().toISOString() });
  if (isThere && begun === undefined) return done(`${place.domain} ${served(place, request.back)}; it had not moved`);
  const outcome = `${place.domain} ${served(place, request.back)}, down ${downtimeOf(evidence)}`;
  return { ...done(outcome), migration: migrationOf(place, request.back, evidence, after) };
}

function done(outcome: string): CutoverEnd {
  return { exitCode: hostExitCodes.done, outcome };
}

function served({ current }: CutoverPlace, back: boolean): string {
  return back ? `is served by ${labelOf(current)} again` : "is served by Pages";
}

/** Visitors ask again after the TTL that they were told: those who asked just before it was lowered, after the old one. */
async function letCachesExpire(
  { zoneId, ownRecords }: CutoverPlace,
  slow: readonly SiteRecord[],
  { cloud, signal, say }: CutoverTools,
): Promise<CutoverEnd | undefined> {
  for (const { id, name, ttl, changedAt } of slow) {
    const isLow = ttl > 1 && ttl <= loweredTtl;
    if (!isLow) await cloud.setTtl(zoneId, id, loweredTtl);
    const before = Math.max(ttl === 1 ? 300 : ttl, ownRecords.get(id)?.ttl ?? 0);
    const since = isLow ? changedAt : cloud.clock.now();
    const left = since.getTime() + before * 1000 - cloud.clock.now().getTime();
    if (left <= 0 || signal.aborted) continue;
    say(`    ${name}: waits ${Math.ceil(left / 1000)} s, until nobody remembers it for ${before} s`);
    await cloud.clock.pause(left, signal);
  }
  const outcome = "nothing was moved; the TTL stays low until the next deployment of its record";
  return signal.aborted ? { exitCode: hostExitCodes.cancelled, outcome } : undefined;
}

/** Whether the records are those that the inventory asks for; Pages may not answer yet. */
export async function haveMoved(cloud: SiteCloud, { zoneId, ...place }: CutoverPlace, back: boolean): Promise<boolean> {
  const { current } = place;
  const goal = back ? current?.content : place.subdomain;
  const records = await Promise.all((back ? [place.domain] : place.names).map((name) => cloud.records(zoneId, name)));
  return records.every((found) => found.length === 1 && found[0]?.content === goal);
}

/** Why the names are not yet served by whom they should be; undefined when they are. */
async function whatIsMissing(cloud: SiteCloud, place: CutoverPlace, back: boolean): Promise<string | undefined> {
  const { subdomain, domain, current } = place;
  if (!(await haveMoved(cloud, place, back)))
    return `${domain} does not lead to ${back ? labelOf(current) : subdomain}`;
  if (back) return undefined;
  for (const name of place.names) {
    const found = await cloud.domain(place, name);
    if (found?.status !== "active")
      return `Pages says of ${name}: ${found?.status ?? "unknown"}${found?.problem === undefined ? "" : `, ${found.problem}`}`;
  }
  return redirectProblem(cloud, place);
}

/** Whether the one of `www` and the site itself that only sends on does so. */
async function redirectProblem(cloud: SiteCloud, { domain, www }: CutoverPlace): Promise<string | undefined> {
  if (www !== "redirect-to-apex" && www !== "redirect-to-www") return undefined;
  const [from, to] = www === "redirect-to-apex" ? [`www.${domain}`, domain] : [domain, `www.${domain}`];
  const { status, location, problem } = await cloud.answer(`https://${from}/`);
  const isRight = status === 301 && location?.startsWith(`https://${to}/`);
  return isRight ? undefined : `https://${from}/ answers ${status ?? problem}; expected 301 to ${to}`;
}

/** Asks the site every second while it is moved, and until it is well in its new place. */
async function watchSwap(
  place: CutoverPlace,
  { back, timeoutSeconds }: CutoverRequest,
  { cloud, signal, say }: CutoverTools,
  deploying: Promise<CutoverEnd | undefined>,
  evidence: EvidenceKeeper,
): Promise<CutoverEnd | undefined> {
  const { clock } = cloud;
  let deployed: { readonly end?: CutoverEnd | undefined; readonly error?: unknown; readonly at: number } | undefined;
  const at = () => clock.now().getTime();
  const ended = deploying.then(
    (end) => {
      deployed = { end, at: at() };
    },
    (error: unknown) => {
      deployed = { error, at: at() };
    },
  );
  let [well, retriedAt] = [0, 0];
  for (;;) {
    const { status } = await cloud.answer(place.url);
    const isUp = status !== undefined && status < 400;
    note(isUp, clock.now(), evidence);
    if (signal.aborted) await ended;
    if (deployed?.error !== undefined) throw deployed.error;
    if (deployed?.end !== undefined) return deployed.end;
    if (signal.aborted) return { exitCode: hostExitCodes.cancelled, outcome: "stopped; the names may have moved" };
    if (deployed !== undefined) {
      const missing = await whatIsMissing(cloud, place, back);
      well = isUp && missing === undefined ? well + 1 : 0;
      if (well >= enoughAnswers) return undefined;
      const seconds = (at() - deployed.at) / 1000;
      const why = missing ?? `${place.url} answers ${status ?? "nothing"}`;
      if (seconds >= timeoutSeconds)
        return { exitCode: hostExitCodes.timeout, outcome: `not well after ${timeoutSeconds} s: ${why}` };
      if (!back && missing !== undefined && seconds - retriedAt >= retrySeconds) {
        retriedAt = seconds;
        say(`    ${missing}: asks Pages to look again`);
        for (const name of place.names) await cloud.retryValidation(place, name);
      }
    }
    await clock.pause(pollMs, signal);
  }
}

/** Counts the time in which the site does not answer, and keeps its beginning for a run that goes on. */
function note(isUp: boolean, now: Date, { read, keep }: EvidenceKeeper): void {
  const { downSince, downSeconds = 0 } = read();
  if (!isUp && downSince === undefined) keep({ downSince: now.toISOString() });
  if (!isUp || downSince === undefined) return;
  const more = Math.max(0, now.getTime() - Date.parse(downSince)) / 1000;
  keep({ downSince: undefined, downSeconds: downSeconds + more });
}

/**
 * Makes records again that were deleted, unless something else came in their place: this site's, or anybody's.
 *
 * @returns those that are still away
 */
async function putBack(
  { zoneId, subdomain, ownRecords }: CutoverPlace,
  removed: readonly SiteRecord[],
  { cloud, say }: CutoverTools,
): Promise<readonly SiteRecord[]> {
  const away: SiteRecord[] = [];
  for (const record of removed) {
    const found = await cloud.records(zoneId, record.name);
    if (found.some((one) => isSame(one, record))) continue;
    const isAsBefore = ({ id, content }: SiteRecord) => ownRecords.has(id) && content !== subdomain;
    if (found.every((one) => isAsBefore(one) || removed.some((other) => isSame(one, other)))) {
      say(`    makes ${record.type} ${record.content} of ${record.name} again`);
      await cloud.createRecord(zoneId, record);
    } else away.push(record);
  }
  return away;
}

function isSame(one: SiteRecord, other: SiteRecord): boolean {
  return one.name === other.name && one.type === other.type && one.content === other.content;
}
