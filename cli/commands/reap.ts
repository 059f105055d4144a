import { GithubNotConfigured } from "../../lib/github/github-error";
import { githubRepository } from "../../lib/github/github-repository";
import { today } from "../../lib/today";
import {
  findPreviews,
  type PullRequestState,
  readPullRequestState,
  type Verdict,
} from "../../operations/preview-environments/find-previews";
import type { PreviewCandidate } from "../../operations/preview-environments/preview-environment";
import { labelsOfPreview } from "../../stacks/registry";
import {
  type CommandContext,
  cancelledOutcome,
  commandLine,
  defineCommand,
  done,
  type Outcome,
  writeDocument,
} from "../command";
import { confirm, requireTerminal } from "../confirmation";
import { exitCodes } from "../exit-codes";
import { withStaleLockBroken } from "../locked-stack";
import { sharedOption } from "../options";
import { openPreviewBackend, type PreviewBackend } from "../preview-backend";
import { failedOutcome } from "../run-and-print";
import { runQuietly } from "../run-quietly";

/** What became of something that the reaper looked at. */
interface Reaped {
  readonly verdict: Verdict;
  readonly result: "kept" | "left alone" | "would go" | "gone" | "failed";
  /** Why it failed. */
  readonly problem?: string;
}

/** A preview environment whose state could not be read. */
interface Unread {
  readonly stack: string;
  readonly problem: string;
}

export const command = defineCommand({
  description:
    "Destroy preview environments that are past their last day or whose pull request is closed; nothing that does not carry their tags. GitHub is asked with GITHUB_REPOSITORY and RUN_TOKEN.",
  options: sharedOption("engine", "dryRun", "yes", "json", "breakStaleLock"),
  examples: ["npm run reap -- --dry-run", "npm run reap -- --engine pulumi --yes"],
  stack: "none",
  subject: "preview environments",
  run,
});

/** Destroys preview environments that nobody needs any more, one after the other; what fails keeps no other from going. */
async function run(context: CommandContext): Promise<Outcome> {
  const { yes = false, dryRun = false } = context.options;
  if (!yes && !dryRun) requireTerminal({ withoutAsking: lineWithoutAsking(context) });
  const trouble: string[] = [];
  const unread: Unread[] = [];
  const backend = await openPreviewBackend(context.engine);
  try {
    const verdicts = await findPreviews({
      stacks: await backend.stacks(),
      exportedState: (stack) => stateOf(context, stack),
      groups: backend.groups,
      pullRequest: pullRequests(context, trouble),
      today: today(),
      unread: (stack, problem) => unread.push({ stack, problem }),
    });
    const doomed = verdicts.filter(({ action }) => action === "reap");
    for (const { candidate, action, why } of verdicts) {
      context.say(`    ${action.padEnd(5)}  ${candidate.kind.padEnd(14)}  ${candidate.name.padEnd(10)}  ${why}`);
    }
    const goes = doomed.length > 0 && context.options.dryRun !== true;
    if (goes && !(await confirmReap(context, doomed))) {
      return cancelledOutcome(context, "nothing was destroyed");
    }
    const reaped: Reaped[] = [];
    for (const verdict of verdicts) {
      if (!context.signal.aborted) reaped.push(await carryOut(context, backend, verdict));
    }
    if (context.options.json === true) writeDocument(context, document(reaped, unread));
    return outcome(context, reaped, { unread, trouble });
  } finally {
    await backend.close();
  }
}

async function stateOf(context: CommandContext, stack: string): Promise<unknown> {
  const engine = await context.open(stack);
  try {
    return await engine.exportedState();
  } finally {
    await engine.close();
  }
}

/** Asks GitHub. What it does not answer is told, and no reason to destroy anything. */
function pullRequests(
  context: CommandContext,
  trouble: string[],
): (preview: PreviewCandidate) => Promise<PullRequestState> {
  let repository: ReturnType<typeof githubRepository>;
  try {
    repository = githubRepository(process.env);
  } catch (error) {
    if (!(error instanceof GithubNotConfigured)) throw error;
    context.say(`only last days count: ${error.message}`);
    return async () => "unknown";
  }
  return ({ name, pullRequest }) =>
    readPullRequestState(repository, pullRequest, labelsOfPreview(name)).catch((error: unknown): PullRequestState => {
      const problem = error instanceof Error ? error.message : String(error);
      if (!trouble.includes(problem)) trouble.push(problem);
      return "unknown";
    });
}

function confirmReap(context: CommandContext, doomed: readonly Verdict[]): Promise<boolean> | boolean {
  if (context.options.yes === true) return true;
  const names = doomed.map(({ candidate }) => candidate.name).join(", ");
  return confirm({
    question: `Destroy ${names} on engine ${context.engine}`,
    answer: "yes",
    withoutAsking: lineWithoutAsking(context),
  });
}

function lineWithoutAsking(context: CommandContext): string {
  return commandLine(context, "reap", "--yes");
}

async function carryOut(context: CommandContext, backend: PreviewBackend, verdict: Verdict): Promise<Reaped> {
  if (verdict.action === "keep") return { verdict, result: "kept" };
  if (verdict.action === "leave") return { verdict, result: "left alone" };
  if (context.options.dryRun === true) return { verdict, result: "would go" };
  const { candidate } = verdict;
  try {
    if (candidate.kind === "resource-group") for (const group of candidate.groups) await backend.groups.delete(group);
    else await destroyStack(context, candidate.name);
    context.say(`    gone   ${candidate.name}`);
    return { verdict, result: "gone" };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    context.say(`    failed ${candidate.name}: ${problem}`);
    return { verdict, result: "failed", problem };
  }
}

/** @throws when it is not gone afterwards; what is protected was protected by somebody, who has to be asked */
async function destroyStack(context: CommandContext, stack: string): Promise<void> {
  const engine = await context.open(stack);
  try {
    const guarded = await engine.protectedResources();
    if (guarded.length > 0) throw new Error(`${guarded.length} of its resources are protected: ${guarded.join(", ")}`);
    const result = await withStaleLockBroken(context, engine, () =>
      runQuietly(context, engine, { kind: "destroy", previewOnly: false }),
    );
    const failed = failedOutcome(context, result, "it is tried again the next time");
    if (failed !== undefined) {
      const [first] = result.log.diagnostics.errors;
      throw new Error(first === undefined ? failed.summary : `${failed.summary}: ${first.message}`);
    }
    await engine.forget();
  } finally {
    await engine.close();
  }
}

function document(reaped: readonly Reaped[], unread: readonly Unread[]) {
  return {
    unread,
    previews: reaped.map(({ verdict: { candidate, why }, result, problem }) => ({
      name: candidate.name,
      kind: candidate.kind,
      pullRequest: candidate.pullRequest,
      expiresAt: candidate.label?.expiresAt,
      resourceGroups: candidate.groups,
      result,
      why,
      problem,
    })),
  };
}

interface Incomplete {
  readonly unread: readonly Unread[];
  /** What GitHub did not answer. */
  readonly trouble: readonly string[];
}

function outcome(context: CommandContext, reaped: readonly Reaped[], { unread, trouble }: Incomplete): Outcome {
  for (const { stack, problem } of unread) context.say(`    not read  ${stack}: ${problem}`);
  for (const problem of trouble) context.say(`    not asked: ${problem}`);
  const count = (result: Reaped["result"]) => reaped.filter((each) => each.result === result).length;
  const gone = context.options.dryRun === true ? `${count("would go")} would go` : `${count("gone")} gone`;
  const text = `${gone}, ${count("kept")} kept, ${count("left alone")} left alone`;
  const failures = [
    ...(count("failed") > 0 ? [`${count("failed")} failed`] : []),
    ...(unread.length > 0 ? [`${unread.length} could not be read`] : []),
  ];
  if (context.signal.aborted) return cancelledOutcome(context, [text, ...failures].join(", "));
  if (failures.length > 0) {
    return { exitCode: exitCodes.resource, summary: `${text}, ${failures.join(", ")}, exit code 4` };
  }
  if (trouble.length > 0) return { exitCode: exitCodes.error, summary: `${text}, GitHub did not answer, exit code 1` };
  return done(text);
}
