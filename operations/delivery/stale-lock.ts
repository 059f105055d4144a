import { statusOf } from "../../lib/github/github-error";
import type { GithubRepository } from "../../lib/github/github-repository";

/** The holder of a stack's lock, as the Pulumi CLI prints it. */
export interface LockHolder {
  readonly user: string;
  readonly host: string;
  readonly since: string;
}

/** The host name that a workflow gives its runner before it takes a lock: it says whose the lock is. */
export function runnerHostName(runId: number, attempt: number): string {
  return `run-${runId}-${attempt}`;
}

/**
 * The holders named in what the CLI says of a locked stack of a self-managed backend:
 * `azblob://prod/.pulumi/locks/…json: created by runner@run-123-1 (pid 2143) at 2026-01-01T10:00:00Z`.
 */
export function parseLockHolders(message: string): LockHolder[] {
  const pattern = /created by (\S+)@(\S+) \(pid \d+\) at (\S+)/g;
  return [...message.matchAll(pattern)].map(([, user = "", host = "", since = ""]) => ({ user, host, since }));
}

/** A workflow run, from GitHub's API. */
export interface WorkflowRun {
  readonly status: string;
  readonly attempt: number;
}

/** Asks GitHub for a run; undefined when there is none of that number. */
export type FindRun = (runId: number) => Promise<WorkflowRun | undefined>;

export type LockVerdict =
  | { readonly stale: true; readonly why: string }
  | { readonly stale: false; readonly why: string };

/**
 * Whether a lock may be broken: only when every holder is a workflow run that has ended, so that nobody can still be working. A
 * person's lock, a run that GitHub does not know, and a holder that cannot be read are left alone.
 */
export async function judgeLock(holders: readonly LockHolder[], findRun: FindRun): Promise<LockVerdict> {
  if (holders.length === 0) return { stale: false, why: "nobody can be read from the lock" };
  const verdicts = await Promise.all(holders.map((holder) => judgeHolder(holder, findRun)));
  const alive = verdicts.find(({ stale }) => !stale);
  return alive ?? { stale: true, why: verdicts.map(({ why }) => why).join("; ") };
}

async function judgeHolder({ user, host, since }: LockHolder, findRun: FindRun): Promise<LockVerdict> {
  const [, id, attempt] = /^run-(\d+)-(\d+)$/.exec(host) ?? [];
  if (id === undefined || attempt === undefined) {
    return { stale: false, why: `${user}@${host} took it at ${since}, which is no workflow run: ask there` };
  }
  const run = await findRun(Number(id));
  if (run === undefined) return { stale: false, why: `GitHub knows no run ${id}, which took it at ${since}` };
  if (run.attempt > Number(attempt))
    return { stale: true, why: `attempt ${attempt} of run ${id} was followed by another` };
  if (run.status === "completed") return { stale: true, why: `run ${id} took it at ${since} and has ended` };
  return { stale: false, why: `run ${id} took it at ${since} and is ${run.status}` };
}

/** A run of one of the repository's workflows; undefined when there is none of that number. */
export async function findWorkflowRun(
  { owner, name: repo, api }: GithubRepository,
  runId: number,
): Promise<WorkflowRun | undefined> {
  try {
    const { data } = await api.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}", {
      owner,
      repo,
      run_id: runId,
    });
    return { status: data.status ?? "unknown", attempt: data.run_attempt ?? 1 };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}
