import type { GithubRepository } from "../../lib/github/github-repository";
import { readPages } from "../../lib/github/read-pages";

/** How long one break-glass lets its actor apply: long enough to put out a fire, too short to become a habit. */
export const validMinutes = 60;

/** A request to apply without a review: the stack, who asks, and the reason. */
export interface BreakGlassRequest {
  readonly stack: string;
  readonly actor: string;
  readonly reason: string;
  /** The run, for people who follow the page. */
  readonly runUrl: string;
  readonly now: Date;
}

/** A break-glass may not be used: without a reason, or while an earlier one still waits for its review. */
export class BreakGlassRefused extends Error {
  override name = "BreakGlassRefused";
}

/** The shortest reason that says something. */
const shortestReason = 10;

/**
 * The incident under which the actor may apply now: the one they opened within its time, or a new one.
 *
 * @throws {@link BreakGlassRefused} for an empty reason, or when an incident of the stack is over and was not reviewed yet
 */
export async function useBreakGlass(
  repository: GithubRepository,
  request: BreakGlassRequest,
): Promise<{ readonly incident: Incident; readonly opened: boolean }> {
  if (request.reason.trim().length < shortestReason) {
    throw new BreakGlassRefused(
      `--break-glass needs a reason of at least ${shortestReason} characters; it is paged and kept`,
    );
  }
  const open = (await listOpenIncidents(repository)).filter(({ stack }) => stack === request.stack);
  const own = open.find(({ actor, until }) => actor === request.actor && until > request.now);
  if (own !== undefined) return { incident: own, opened: false };
  const waiting = open.find(({ until }) => until <= request.now);
  if (waiting !== undefined) {
    throw new BreakGlassRefused(
      `the break-glass of ${waiting.actor} ended at ${waiting.until.toISOString()} and was not reviewed yet: ${waiting.url}. Review it first`,
    );
  }
  return { incident: await openIncident(repository, request), opened: true };
}

async function openIncident(
  { owner, name: repo, api }: GithubRepository,
  request: BreakGlassRequest,
): Promise<Incident> {
  const until = new Date(request.now.getTime() + validMinutes * 60_000);
  const { data } = await api.request("POST /repos/{owner}/{repo}/issues", {
    owner,
    repo,
    title: `Break-glass: ${request.stack} is deployed without review`,
    labels: ["break-glass"],
    body: incidentBody(request, until),
  });
  return {
    number: data.number,
    url: data.html_url,
    stack: request.stack,
    actor: request.actor,
    until,
    state: "open",
  };
}

/** The marker is what later runs read; the reason is free text, quoted so that it cannot pass for a marker or a mention. */
function incidentBody({ stack, actor, reason, runUrl }: BreakGlassRequest, until: Date): string {
  const quoted = reason.trim().replaceAll("<", "&lt;").replaceAll("\n", "\n> ");
  return `<!-- break-glass stack=${stack} actor=${actor} until=${until.toISOString()} -->
@${actor} applies **${stack}** without the review that it needs, until ${until.toISOString()}. [Run](${runUrl})

> ${quoted}

To close this: open a pull request that names this issue and brings the program to what was applied (or says why nothing has to change),
have somebody else approve it, and merge it. Closed otherwise, this issue is opened again.
`;
}

/** A deployment without review, as its issue says. */
export interface Incident {
  readonly number: number;
  readonly url: string;
  readonly stack: string;
  readonly actor: string;
  /** When the permission ends. */
  readonly until: Date;
  readonly state: "open" | "closed";
}

/** An issue, as far as incidents are read from it. */
interface Issue {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly body?: string | null;
  readonly user?: { readonly type?: string } | null;
}

/** Closed incidents are looked at this long, in case one was closed without a review. */
const lookBackDays = 14;

function listOpenIncidents(repository: GithubRepository): Promise<Incident[]> {
  return listIncidents(repository, { state: "open" });
}

/** The open ones, and those that were touched in the last fortnight. */
export async function listRecentIncidents(repository: GithubRepository, now: Date): Promise<Incident[]> {
  const since = new Date(now.getTime() - lookBackDays * 86_400_000).toISOString();
  const closed = await listIncidents(repository, { state: "closed", since });
  return [...(await listOpenIncidents(repository)), ...closed];
}

async function listIncidents(
  { owner, name: repo, api }: GithubRepository,
  query: { readonly state: "open" | "closed"; readonly since?: string },
): Promise<Incident[]> {
  const { entries } = await readPages(async (page) => {
    const route = { owner, repo, labels: "break-glass", ...page, ...query };
    const { data } = await api.request("GET /repos/{owner}/{repo}/issues", route);
    if (Array.isArray(data)) return data;
    throw new Error("GitHub did not answer with a list of issues; nothing is known of incidents");
  });
  return entries.flatMap((issue) => parseIncident(issue) ?? []);
}

/** Only what the workflow wrote counts: anybody can open an issue with a marker in it. */
function parseIncident({ number, html_url: url, state, body, user }: Issue): Incident | undefined {
  const marker = /^<!-- break-glass stack=([a-z0-9-]+) actor=([A-Za-z0-9-[\]]+) until=(\S+) -->/.exec(body ?? "");
  const [, stack, actor, until] = marker ?? [];
  if (user?.type !== "Bot" || stack === undefined || actor === undefined || until === undefined) return undefined;
  return { number, url, stack, actor, until: new Date(until), state: state === "open" ? "open" : "closed" };
}
