import type { SiteRecord } from "../../lib/site-record";
import { type CutoverPlace, labelOf } from "./cutover-place";
import type { SiteAnswer, SiteCloud } from "./site-cloud";

/** A minute: the lowest of zones that are not Enterprise. Source: Cloudflare documentation, "Time to Live (TTL)". */
export const loweredTtl = 60;
/** A copy of less, or more, than this share of the site is taken for another one. */
const similarShare = 0.5;

export interface CutoverObservation {
  /** Of all names that Pages shall answer, those that do not lead there yet. */
  readonly records: readonly SiteRecord[];
  readonly zoneStatus: string;
  readonly deployment: string | undefined;
  readonly today: SiteAnswer;
  readonly copy: SiteAnswer;
  /** Records of `www`, where Pages shall not answer for it. */
  readonly unsaidWww: readonly SiteRecord[];
}

export async function observe(cloud: SiteCloud, place: CutoverPlace): Promise<CutoverObservation> {
  const { zoneId, names, subdomain, domain } = place;
  const records = (await Promise.all(names.map((name) => cloud.records(zoneId, name)))).flat();
  const www = `www.${domain}`;
  return {
    records: records.filter(({ id, content }) => content !== subdomain || !place.ownRecords.has(id)),
    zoneStatus: await cloud.zoneStatus(zoneId),
    deployment: await cloud.deploymentStatus(place),
    today: await cloud.answer(place.url),
    copy: await cloud.answer(`https://${subdomain}/`),
    unsaidWww: names.includes(www) ? [] : await cloud.records(zoneId, www),
  };
}

/** What has to be right before visitors come to the copy. */
export function forwardProblems(
  place: CutoverPlace,
  seen: CutoverObservation,
  { acceptSize, wait }: { readonly acceptSize: boolean; readonly wait: boolean },
): readonly string[] {
  const { copy, today, deployment } = seen;
  const { project, subdomain, branch, repository } = place;
  const problems: string[] = [];
  if (seen.zoneStatus !== "active")
    problems.push(`the zone is ${seen.zoneStatus}: its registrar does not list Cloudflare's name servers yet`);
  if (deployment !== "success") {
    const what = deployment === undefined ? "nothing was deployed" : `the newest deployment is ${deployment}`;
    problems.push(`${project}: ${what}; push to ${branch} of ${repository}, or run its workflow deploy`);
  }
  if (copy.status !== 200)
    problems.push(`https://${subdomain}/ answers ${answerText(copy)}; expected 200. Mend ${repository}`);
  else if (today.status === 200 && !acceptSize && !isSimilar(copy.bytes, today.bytes)) {
    problems.push(
      `https://${subdomain}/ has ${copy.bytes} bytes, ${place.url} has ${today.bytes}: look at both; if the copy is right, --accept-size`,
    );
  }
  for (const { name, type, content } of seen.unsaidWww)
    problems.push(`${name} leads to ${type} ${content}, and ${place.line} does not say what Pages does with it: "www"`);
  for (const { id, name, type, content } of seen.records) {
    const owner = place.ownRecords.get(id)?.owner;
    if (owner === undefined && wait)
      problems.push(
        `${type} ${content} of ${name}, which no stack has, stands where the site's own comes, and with --wait nobody here can delete it right before: run it without --wait, or delete it first (nobody answers there until the deployment)`,
      );
    if (owner !== undefined && owner !== "this site")
      problems.push(
        `${type} ${content} of ${name} is ${owner}, and stands where the site's own comes: take it out first`,
      );
  }
  return problems;
}

function isSimilar(one: number, other: number): boolean {
  return Math.min(one, other) >= similarShare * Math.max(one, other);
}

export async function backProblems(cloud: SiteCloud, { current, url, line }: CutoverPlace): Promise<readonly string[]> {
  if (current === undefined) return [`${line} does not say where the site was: "current"`];
  const old = await cloud.answer(url, current.content);
  if (old.status !== undefined && old.status < 400) return [];
  return [`${labelOf(current)} answers ${answerText(old)}: nobody would be served there`];
}

function answerText({ status, problem }: SiteAnswer): string {
  return status === undefined ? `nothing (${problem})` : String(status);
}

export function stepsOf(
  { line, names, domain }: CutoverPlace,
  goal: "on-pages" | "to-migrate",
  slow: readonly SiteRecord[],
  removed: readonly SiteRecord[],
): readonly string[] {
  const text = ({ name, type, content }: SiteRecord) => `${type} ${content} of ${name}`;
  return [
    ...slow.map((record) => `${text(record)} is remembered for ${loweredTtl} s at most: waits until it is`),
    `${line} says "state: ${goal}"`,
    ...removed.map((record) => `when the deployment is agreed to, deletes ${text(record)}, which no stack has`),
    `a deployment moves ${goal === "on-pages" ? names.join(", ") : domain}`,
    "watches the site until it is well, measures, writes the migration log",
  ];
}
