import { githubRepository } from "../../lib/github/github-repository";
import { findMissingApproval } from "../../operations/delivery/missing-approval";
import { type Command, done } from "../command";
import { exitCodes } from "../exit-codes";

/** Fails closed: only a run that a reviewer let in, where reviewers are enforced, goes on. */
export const approval: Command = async ({ stack, say }) => {
  const repository = githubRepository(process.env);
  const reasons = await findMissingApproval(repository, stack, Number(process.env.GITHUB_RUN_ID));
  for (const reason of reasons) say(`    ${reason}`);
  if (reasons.length === 0) return done("approved, by reviewers that nobody could have skipped");
  return { exitCode: exitCodes.authentication, summary: "not approved, nothing may be applied, exit code 3" };
};
