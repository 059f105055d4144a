import { valueAt } from "../../lib/property-path";
import { runAfterChange } from "../../lib/resource-types";
import { pause } from "../../lib/retry";
import { currentType } from "../../lib/type-token";
import { readDeployedResources } from "../drift/deployment-state";

/** What became of a run of a job so far. */
export type RunState = "running" | "succeeded" | "failed";

/** What a cloud offers for running a job now. */
export interface JobRuns {
  /** @returns the run's name */
  start(jobId: string): Promise<string>;
  state(jobId: string, run: string): Promise<RunState>;
  /** The newest run of what the job runs now; undefined when it has not run since that was changed. */
  newest(jobId: string): Promise<{ readonly run: string; readonly state: RunState } | undefined>;
}

/** A job that asks to be run when it was changed. */
export interface ChangedJob {
  readonly urn: string;
  /** Its Azure id. */
  readonly id: string;
}

/**
 * The jobs of a state that ask to be run when they were changed.
 *
 * @param state as either engine exports it
 */
export function findChangeJobs(state: unknown): readonly ChangedJob[] {
  return readDeployedResources(state)
    .filter(({ type }) => currentType(type) === "azure-native:app:Job")
    .filter(({ outputs }) =>
      Object.entries(runAfterChange).every(([tag, value]) => valueAt(outputs, ["tags", tag]) === value),
    )
    .map(({ urn, id }) => ({ urn, id }));
}

/** How a job's run ended, in words: `succeeded`, or why not. */
export interface EndedRun {
  readonly job: ChangedJob;
  readonly succeeded: boolean;
  readonly text: string;
}

export interface RunOptions {
  /** Between two questions. Default: 5. */
  readonly pollSeconds?: number;
  /** A run that has not ended by then has failed. Default: 900, more than a job may take here. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs the jobs that have not succeeded since they were changed, all at once, and waits for them. The clouds know that, and not the
 * deployment that changed them: it may have been interrupted, or have failed elsewhere. One that cannot be run does not keep the others
 * from it.
 */
export async function runDueJobs(
  jobs: readonly ChangedJob[],
  runs: JobRuns,
  options: RunOptions = {},
): Promise<readonly EndedRun[]> {
  const ended = await Promise.all(
    jobs.map(async (job) => {
      try {
        const newest = await runs.newest(job.id);
        if (newest?.state === "succeeded") return [];
        const run = newest?.state === "running" ? newest.run : await runs.start(job.id);
        return [{ job, ...(await waitForRun(job.id, run, runs, options)) }];
      } catch (error) {
        return [{ job, succeeded: false, text: error instanceof Error ? error.message : String(error) }];
      }
    }),
  );
  return ended.flat();
}

async function waitForRun(
  jobId: string,
  run: string,
  runs: JobRuns,
  { pollSeconds = 5, timeoutSeconds = 900, signal }: RunOptions,
): Promise<Omit<EndedRun, "job">> {
  const over = AbortSignal.any([AbortSignal.timeout(timeoutSeconds * 1000), ...(signal === undefined ? [] : [signal])]);
  while (!over.aborted) {
    const state = await runs.state(jobId, run);
    if (state !== "running") return { succeeded: state === "succeeded", text: `${run} ${state}` };
    await pause(pollSeconds * 1000, over);
  }
  return { succeeded: false, text: `${run} has not ended` };
}
