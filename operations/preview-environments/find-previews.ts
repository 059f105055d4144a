import { pullRequestOf } from "../../stacks/registry";
import { abandonedGroups, type PreviewCandidate, previewStack } from "./preview-environment";
import type { ResourceGroups } from "./resource-groups";
import { type PullRequestState, type Verdict, verdictOn } from "./verdict";

/** Where to look, and whom to ask. */
export interface PreviewSearch {
  /** The names of the stacks that the backend has. */
  readonly stacks: readonly string[];
  /** A stack's state, as the engines export it. */
  readonly exportedState: (stack: string) => Promise<unknown>;
  readonly groups: Pick<ResourceGroups, "list">;
  readonly pullRequest: (number: number) => Promise<PullRequestState>;
  /** `YYYY-MM-DD` in UTC. */
  readonly today: string;
  /** Hears of each preview whose state cannot be read: it may be broken, or have gone since the list was made. */
  readonly unread: (stack: string, reason: string) => void;
}

/**
 * Every preview environment and what is to become of it. No other stack's state is read, let alone judged; a preview whose state
 * cannot be read is told of and left alone, and so are its groups.
 *
 * @throws when a list is not complete
 */
export async function findPreviews(search: PreviewSearch): Promise<readonly Verdict[]> {
  const candidates: PreviewCandidate[] = [];
  for (const stack of search.stacks) {
    if (pullRequestOf(stack) === undefined) continue;
    try {
      const candidate = previewStack(stack, await search.exportedState(stack));
      if (candidate !== undefined) candidates.push(candidate);
    } catch (error) {
      search.unread(stack, error instanceof Error ? error.message : String(error));
    }
  }
  // A group of a listed stack is not abandoned, whether or not its stack could be read.
  candidates.push(...abandonedGroups(await search.groups.list(), search.stacks));
  const verdicts: Verdict[] = [];
  for (const candidate of candidates) {
    verdicts.push(verdictOn(candidate, await search.pullRequest(candidate.pullRequest), search.today));
  }
  return verdicts;
}
