import { z } from "zod";
import type { GithubRepository } from "../../lib/github/github-repository";
import { readPages } from "../../lib/github/read-pages";
import { guardNames } from "../guard/guard-finding";
import { type GuardOverride, OverrideError, parseOverrides } from "../guard/override";

/** A pull request, as far as overrides are read from it. */
const pullRequestSchema = z.object({
  number: z.int(),
  user: z.object({ login: z.string() }),
  body: z.string().nullable(),
  labels: z.array(z.object({ name: z.string() })),
  merge_commit_sha: z.string().nullable(),
  merged_at: z.string().nullable(),
});

export type LabelledPullRequest = z.infer<typeof pullRequestSchema>;

/** Whose labels count: a pull request's, or those of the one that was merged as a commit. */
export type Change =
  | { readonly by: "number"; readonly number: number }
  | { readonly by: "commit"; readonly commit: string };

/** `override:stateful` overrides the guard `stateful`, when somebody other than the pull request's author gave it. */
const labelPrefix = "override:";

/** A longer reason is cut: it is shown in lines. */
const longestReason = 300;

/**
 * The overrides of a change: each a label of its pull request, with a reason in the description. A commit that no pull request was
 * merged as has none.
 *
 * @throws {@link OverrideError} when a label has no reason or names no guard
 * @throws when GitHub does not say what the labels are; nothing is taken for granted then
 */
export async function readChangeOverrides(
  repository: GithubRepository,
  change: Change,
): Promise<readonly GuardOverride[]> {
  const overrides: GuardOverride[] = [];
  for (const pullRequest of await findPullRequests(repository, change)) {
    const given = readOverrideLabels(pullRequest);
    if (given.length > 0) await refuseOwnLabels(repository, pullRequest, given);
    overrides.push(...given);
  }
  return overrides;
}

const labelEventSchema = z.looseObject({
  event: z.string().optional(),
  actor: z.object({ login: z.string(), type: z.string() }).nullish(),
  label: z.object({ name: z.string() }).nullish(),
});
/** A pull request with more events than this is for people to sort out. */
const mostPages = 30;

/**
 * A second person sets a guard aside: whoever wrote the change, or a program, may not.
 *
 * @throws {@link OverrideError} naming each label whose last giver is the author, a bot, or unknown
 */
async function refuseOwnLabels(
  repository: GithubRepository,
  { number, user }: LabelledPullRequest,
  overrides: readonly GuardOverride[],
): Promise<void> {
  const givers = await labelGivers(repository, number);
  const problems = overrides.flatMap(({ guard }) => {
    const giver = givers.get(labelPrefix + guard);
    if (giver === undefined) return [`${labelPrefix}${guard}: GitHub does not say who gave it`];
    if (giver.login === user.login) return [`${labelPrefix}${guard}: ${giver.login} gave it, who is the author`];
    return giver.type === "User" ? [] : [`${labelPrefix}${guard}: ${giver.login} gave it, which is not a person`];
  });
  if (problems.length === 0) return;
  throw new OverrideError(
    `pull request #${number} has an override that cannot be used:\n${problems.join("\n")}\nsomebody other than the author, who has looked at it, takes the label off and gives it again`,
  );
}

/** Who gave each label last. */
async function labelGivers({ owner, name: repo, api }: GithubRepository, issue_number: number) {
  const { entries, complete } = await readPages(async (query) => {
    // This list, and not that of the events, may be read with the right to read pull requests.
    const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/timeline";
    const { data } = await api.request(route, { owner, repo, issue_number, ...query });
    return parseAnswer(z.array(labelEventSchema), data);
  }, mostPages);
  if (!complete) {
    throw new OverrideError(`pull request #${issue_number} has too many events to see who gave its labels`);
  }
  return new Map(
    entries.flatMap(({ event, actor, label }) =>
      event === "labeled" && label ? [[label.name, actor ?? undefined] as const] : [],
    ),
  );
}

/**
 * Reads the labels, and for each the line `Override <guard>: <reason>` of the description. A line without its label means nothing.
 *
 * @throws {@link OverrideError} with every label that cannot be used
 */
export function readOverrideLabels({ number, body, labels }: LabelledPullRequest): readonly GuardOverride[] {
  const given = labels.flatMap(({ name }) => (name.startsWith(labelPrefix) ? [name.slice(labelPrefix.length)] : []));
  try {
    const overrides = parseOverrides(given.map((guard) => `${guard}=${reasonFor(guard, body ?? "")}`));
    return overrides.map(({ guard, reason }) => ({ guard, reason: `${reason} (pull request #${number})` }));
  } catch (error) {
    if (!(error instanceof OverrideError)) throw error;
    const advice = `the labels are ${guardNames.map((guard) => labelPrefix + guard).join(", ")}, each with a line such as "Override ${guardNames[0]}: the data was moved before" in the description`;
    throw new OverrideError(
      `pull request #${number} has an override that cannot be used:\n${error.message}\n${advice}`,
    );
  }
}

function reasonFor(guard: string, body: string): string {
  // What a template leaves in comments nobody meant to say.
  const lines = body.replace(/<!--[\s\S]*?-->/g, "").split(/\r?\n/);
  const start = `override ${guard}:`.toLowerCase();
  const line = lines.map((each) => each.trim()).find((each) => each.toLowerCase().startsWith(start));
  return line === undefined ? "" : line.slice(start.length).trim().slice(0, longestReason);
}

async function findPullRequests(
  { owner, name: repo, api }: GithubRepository,
  change: Change,
): Promise<readonly LabelledPullRequest[]> {
  if (change.by === "number") {
    const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
    const { data } = await api.request(route, { owner, repo, pull_number: change.number });
    return [parseAnswer(pullRequestSchema, data)];
  }
  const route = "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls";
  const { data } = await api.request(route, { owner, repo, commit_sha: change.commit });
  // A commit can be in other pull requests too, which were not merged as it.
  return parseAnswer(z.array(pullRequestSchema), data).filter(
    ({ merged_at, merge_commit_sha }) => merged_at !== null && merge_commit_sha === change.commit,
  );
}

function parseAnswer<Schema extends z.ZodType>(schema: Schema, data: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new Error(
    "GitHub did not answer with a pull request and its labels; nothing is known of overrides, so no guard is overridden",
  );
}
