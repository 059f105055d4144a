import { githubRepository } from "../../lib/github/github-repository";
import { findMissingApproval } from "../../operations/delivery/missing-approval";
import { type CommandContext, defineCommand, done, type Outcome } from "../command";
import { exitCodes } from "../exit-codes";
import { sharedOption } from "../options";

export const command = defineCommand({
  description: "In a workflow: whether reviewers are enforced for a stack and one of them approved this run.",
  options: sharedOption("stack", "engine"),
  examples: ["npm run approval -- --stack prod --engine pulumi"],
  stack: "dev",
  run,
});

/** Fails closed: only a run that a reviewer let in, where reviewers are enforced, goes on. */
async function run({ stack, say }: CommandContext): Promise<Outcome> {
  const repository = githubRepository(process.env);
  const reasons = await findMissingApproval(repository, stack, {
    id: Number(process.env.GITHUB_RUN_ID),
    branch: process.env.GITHUB_REF_NAME ?? "",
  });
  for (const reason of reasons) say(`    ${reason}`);
  if (reasons.length === 0) return done("approved, by reviewers that nobody could have skipped");
  return { exitCode: exitCodes.authentication, summary: "not approved, nothing may be applied, exit code 3" };
}
