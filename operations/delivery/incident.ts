import type { GithubRepository } from "../../lib/github/github-repository";

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

export function openIncidents(repository: GithubRepository): Promise<Incident[]> {
  return incidents(repository, { state: "open" });
}

/** The open ones, and those that were touched in the last fortnight. */
export async function recentIncidents(repository: GithubRepository, now: Date): Promise<Incident[]> {
  const since = new Date(now.getTime() - lookBackDays * 86_400_000).toISOString();
  const closed = await incidents(repository, { state: "closed", since });
  return [...(await openIncidents(repository)), ...closed];
}

async function incidents(
  { owner, name: repo, api }: GithubRepository,
  query: { readonly state: "open" | "closed"; readonly since?: string },
): Promise<Incident[]> {
  const found: Incident[] = [];
  for (let page = 1; ; page += 1) {
    const route = { owner, repo, labels: "break-glass", per_page: 100, page, ...query };
    const { data } = await api.request("GET /repos/{owner}/{repo}/issues", route);
    if (!Array.isArray(data))
      throw new Error("GitHub did not answer with a list of issues; nothing is known of incidents");
    found.push(...data.flatMap((issue) => incidentOf(issue) ?? []));
    if (data.length < 100) return found;
  }
}

/** Only what the workflow wrote counts: anybody can open an issue with a marker in it. */
function incidentOf({ number, html_url: url, state, body, user }: Issue): Incident | undefined {
  const marker = /^<!-- break-glass stack=([a-z0-9-]+) actor=([A-Za-z0-9-[\]]+) until=(\S+) -->/.exec(body ?? "");
  const [, stack, actor, until] = marker ?? [];
  if (user?.type !== "Bot" || stack === undefined || actor === undefined || until === undefined) return undefined;
  return { number, url, stack, actor, until: new Date(until), state: state === "open" ? "open" : "closed" };
}
