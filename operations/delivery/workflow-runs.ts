import { statusOf } from "../../lib/github/github-error";
import type { GithubRepository } from "../../lib/github/github-repository";
import type { WorkflowRun } from "./stale-lock";

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
