import type { EngineEvent } from "../../deployment/engine-event";
import { valueAt } from "../../lib/property-path";
import { runAfterChange } from "../../lib/resource-types";
import { pause } from "../../lib/retry";
import { currentType } from "../../lib/type-token";

/** What became of a run of a job so far. */
export type RunState = "running" | "succeeded" | "failed";

/** What a cloud offers for running a job now. */
export interface JobRuns {
  /** @returns the run's name */
  start(jobId: string): Promise<string>;
  state(jobId: string, run: string): Promise<RunState>;
}

/** A job that a deployment made or changed. */
export interface ChangedJob {
  readonly urn: string;
  /** Its Azure id. */
  readonly id: string;
}

const containerJob = "azure-native:app:Job";
const changing: readonly string[] = ["create", "create-replacement", "update"];

/** The jobs that an `up` made or changed and that ask to be run then, from its events. */
export function findChangedJobs(events: readonly EngineEvent[]): readonly ChangedJob[] {
  const changed = new Map<string, ChangedJob>();
  for (const { resOutputsEvent } of events) {
    const step = resOutputsEvent?.metadata;
    if (step === undefined || currentType(step.type) !== containerJob || !changing.includes(step.op)) continue;
    const asks = Object.entries(runAfterChange).every(
      ([tag, value]) => valueAt(step.new?.inputs, ["tags", tag]) === value,
    );
    const id = step.new?.id ?? "";
    if (asks && id !== "") changed.set(step.urn, { urn: step.urn, id });
  }
  return [...changed.values()];
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

/** Runs jobs, all at once, and waits for them. One that cannot be run does not keep the others from it. */
export async function runJobs(
  jobs: readonly ChangedJob[],
  runs: JobRuns,
  options: RunOptions = {},
): Promise<EndedRun[]> {
  return Promise.all(
    jobs.map(async (job) => {
      try {
        return { job, ...(await runToEnd(job.id, runs, options)) };
      } catch (error) {
        return { job, succeeded: false, text: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

async function runToEnd(
  jobId: string,
  runs: JobRuns,
  { pollSeconds = 5, timeoutSeconds = 900, signal }: RunOptions,
): Promise<Omit<EndedRun, "job">> {
  const over = AbortSignal.any([AbortSignal.timeout(timeoutSeconds * 1000), ...(signal === undefined ? [] : [signal])]);
  const run = await runs.start(jobId);
  while (!over.aborted) {
    const state = await runs.state(jobId, run);
    if (state !== "running") return { succeeded: state === "succeeded", text: `${run} ${state}` };
    await pause(pollSeconds * 1000, over);
  }
  return { succeeded: false, text: `${run} has not ended` };
}
