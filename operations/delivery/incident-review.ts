import { z } from "zod";
import type { GithubRepository } from "../../lib/github/github-repository";
import { readPages } from "../../lib/github/read-pages";
import { type Incident, listRecentIncidents } from "./break-glass";

/** What became of an incident in a review run. */
export interface ReviewedIncident {
  readonly incident: Incident;
  readonly outcome: "closed" | "reopened" | "waiting" | "reviewed";
  /** The pull request that made up for the review. */
  readonly by?: number;
}

const timelineSchema = z.array(
  z.object({
    event: z.string().optional(),
    source: z
      .object({
        issue: z
          .object({
            number: z.number(),
            pull_request: z.object({ merged_at: z.string().nullish() }).optional(),
            repository: z.object({ full_name: z.string() }).optional(),
          })
          .optional(),
      })
      .optional(),
  }),
);

/** Closes incidents whose review was made up for, and opens again what was closed without one. */
export async function reviewIncidents(repository: GithubRepository, now: Date): Promise<ReviewedIncident[]> {
  const results: ReviewedIncident[] = [];
  for (const incident of await listRecentIncidents(repository, now)) {
    results.push(await reviewIncident(repository, incident));
  }
  return results;
}

async function reviewIncident(repository: GithubRepository, incident: Incident): Promise<ReviewedIncident> {
  const by = await reviewingPullRequest(repository, incident);
  if (by === undefined && incident.state === "open") return { incident, outcome: "waiting" };
  if (by === undefined) {
    await setState(
      repository,
      incident,
      "open",
      "This was closed without the review; it is open again until there is one.",
    );
    return { incident, outcome: "reopened" };
  }
  if (incident.state === "closed") return { incident, outcome: "reviewed", by };
  await setState(repository, incident, "closed", `Reviewed afterwards in #${by}.`);
  return { incident, outcome: "closed", by };
}

/** A merged pull request of this repository that names the incident and that somebody other than its actor and its author approved. */
async function reviewingPullRequest(repository: GithubRepository, incident: Incident): Promise<number | undefined> {
  const { owner, name: repo, api } = repository;
  const route = { owner, repo, issue_number: incident.number };
  const { entries } = await readPages(async (query) => {
    const path = "GET /repos/{owner}/{repo}/issues/{issue_number}/timeline";
    return timelineSchema.parse((await api.request(path, { ...route, ...query })).data);
  });
  const merged = entries.flatMap(({ event, source }) => {
    const issue = source?.issue;
    const here = issue?.repository === undefined || issue.repository.full_name === `${owner}/${repo}`;
    const isMerged = typeof issue?.pull_request?.merged_at === "string";
    return event === "cross-referenced" && issue !== undefined && here && isMerged ? [issue.number] : [];
  });
  for (const number of [...new Set(merged)]) {
    if (await wasApproved(repository, number, incident)) return number;
  }
  return undefined;
}

async function wasApproved(
  { owner, name: repo, api }: GithubRepository,
  pullNumber: number,
  { actor }: Incident,
): Promise<boolean> {
  const route = { owner, repo, pull_number: pullNumber };
  const { entries } = await readPages(async (query) => {
    const path = "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
    return (await api.request(path, { ...route, ...query })).data;
  });
  return entries.some(({ state, user }) => state === "APPROVED" && user?.type === "User" && user.login !== actor);
}

async function setState(
  { owner, name: repo, api }: GithubRepository,
  { number }: Incident,
  state: "open" | "closed",
  body: string,
): Promise<void> {
  const route = { owner, repo, issue_number: number };
  await api.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { ...route, body });
  await api.request("PATCH /repos/{owner}/{repo}/issues/{issue_number}", { ...route, state });
}
