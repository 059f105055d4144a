import { StackBusyError } from "../deployment/automation/automation-errors";
import { findWorkflowRun, judgeLock, parseLockHolders } from "../operations/delivery/stale-lock";
import type { CommandContext } from "./command";
import type { DeploymentEngine } from "./engines/deployment-engine";

/** Works on the stack. If it is locked by a workflow run that has ended, and it was asked for, breaks the lock and tries once more. */
export async function withStaleLockBroken<Result>(
  context: CommandContext,
  engine: DeploymentEngine,
  work: () => Promise<Result>,
): Promise<Result> {
  const { breakLock } = engine;
  if (context.options.breakStaleLock !== true || breakLock === undefined) return work();
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StackBusyError)) throw error;
    // Loaded when needed: the GitHub client would slow down every start.
    const {
      githubRepository,
    }: typeof import("../lib/github/github-repository") = require("../lib/github/github-repository");
    const repository = githubRepository(process.env);
    const verdict = await judgeLock(parseLockHolders(error.message), (runId) => findWorkflowRun(repository, runId));
    if (!verdict.stale) throw new StackBusyError(`${error.message}\nThe lock stays: ${verdict.why}`, { cause: error });
    context.say(`The lock is broken: ${verdict.why}`);
    await breakLock();
    return work();
  }
}
