import { comparePlans } from "../operations/delivery/planned-changes";
import {
  capturePlan,
  commitDigest,
  readPlan,
  type SavedPlan,
  stateVersion,
  UnusablePlan,
  writePlan,
} from "../operations/delivery/saved-plan";
import type { GuardOverride } from "../operations/guard/override";
import type { CommandContext, Outcome } from "./command";
import type { DeploymentEngine } from "./engines/deployment-engine";
import { badOption, exitCodes } from "./exit-codes";
import { givenPath, projectDirectory } from "./project-root";
import type { LoggedResult } from "./run-and-print";

/** Writes down what the preview found, when it was asked to, and which plan guards are set aside; undefined when it was not. */
export async function savePlan(
  context: CommandContext,
  engine: DeploymentEngine,
  preview: LoggedResult,
  overrides: readonly GuardOverride[],
): Promise<SavedPlan | undefined> {
  const { savePlan: file } = context.options;
  if (file === undefined) return undefined;
  const plan = await planOf(context, engine, preview, overrides);
  writePlan(givenPath(file), plan);
  context.say(`plan ${plan.digest} with ${plan.changes.length} steps is in ${file}`);
  return plan;
}

/** The plan that was approved, or undefined when none was asked for. Read before anything is done. */
export function readApprovedPlan({ options }: CommandContext): SavedPlan | undefined {
  const { approvedPlan: file, approvedDigest, skipPreview, override, overridesOf, breakGlass } = options;
  if (file === undefined && approvedDigest === undefined) return undefined;
  if (file === undefined) throw badOption("--approved-digest means nothing without --approved-plan");
  if (breakGlass !== undefined) {
    throw badOption("--break-glass is for what nobody approved; leave --approved-plan out");
  }
  if (skipPreview === true) throw badOption("--approved-plan is compared with a preview; leave --skip-preview out");
  if (override !== undefined || overridesOf !== undefined) {
    throw badOption("an approved plan holds the overrides that were approved; leave --override and --overrides-of out");
  }
  try {
    return readPlan(givenPath(file), approvedDigest);
  } catch (error) {
    if (error instanceof UnusablePlan) throw badOption(error.message);
    throw error;
  }
}

/** Refuses to go on when the preview is not what was approved. */
export async function refuseOtherPlan(
  context: CommandContext,
  engine: DeploymentEngine,
  approved: SavedPlan | undefined,
  preview: LoggedResult,
): Promise<Outcome | undefined> {
  if (approved === undefined) return undefined;
  const differences = comparePlans(approved, await planOf(context, engine, preview, approved.overrides));
  if (differences.length === 0) return undefined;
  context.say("This is not the plan that was approved:");
  for (const difference of differences) context.say(`    ${difference}`);
  return {
    exitCode: exitCodes.unexpectedChanges,
    summary: "refused, nothing was applied: plan and approve again, exit code 7",
  };
}

async function planOf(
  context: CommandContext,
  engine: DeploymentEngine,
  preview: LoggedResult,
  overrides: readonly GuardOverride[],
): Promise<SavedPlan> {
  return capturePlan({
    stack: engine.stack,
    engine: engine.name,
    commit: commitDigest(projectDirectory(context.options)),
    state: stateVersion(await engine.exportedState()),
    events: preview.events,
    overrides,
  });
}
