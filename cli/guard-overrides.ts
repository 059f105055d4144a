import type { Change } from "../operations/delivery/override-labels";
import { headCommit } from "../operations/delivery/saved-plan";
import { type GuardOverride, parseOverrides } from "../operations/guard/override";
import type { CommandContext } from "./command";
import { badOption } from "./exit-codes";
import { projectDirectory } from "./project-root";

/**
 * The plan guards that are set aside: by `--override`, and by the labels of the pull request that `--overrides-of` names.
 *
 * @throws before anything is done, when one of them cannot be used or GitHub does not say what the labels are
 */
export async function guardOverrides(context: CommandContext): Promise<readonly GuardOverride[]> {
  const given = parseOverrides(context.options.override ?? []);
  const { overridesOf } = context.options;
  if (overridesOf === undefined) return given;
  const labelled = await labelledOverrides(changeOf(overridesOf, context));
  const both = given.find(({ guard }) => labelled.some((each) => each.guard === guard));
  if (both !== undefined) throw badOption(`--override ${both.guard} is given, and a label sets it aside too; keep one`);
  return [...given, ...labelled];
}

function changeOf(text: string, { options }: CommandContext): Change {
  if (/^[1-9]\d{0,9}$/.test(text)) return { by: "number", number: Number(text) };
  if (text !== "commit") {
    throw badOption(`--overrides-of ${text}: expected the number of a pull request, or the word commit`);
  }
  const commit = headCommit(projectDirectory(options));
  if (commit === undefined) throw badOption("--overrides-of commit: the project is not in a git repository");
  return { by: "commit", commit };
}

/** Loaded when needed: the GitHub client would slow down every start. */
async function labelledOverrides(change: Change): Promise<readonly GuardOverride[]> {
  const repositories: typeof import("../lib/github/github-repository") = require("../lib/github/github-repository");
  const labels: typeof import("../operations/delivery/override-labels") = require("../operations/delivery/override-labels");
  return labels.readChangeOverrides(repositories.githubRepository(process.env), change);
}
