import { z } from "zod";
import type { GithubRepository } from "../../lib/github/github-repository";

const environmentSchema = z.object({
  can_admins_bypass: z.boolean().optional(),
  deployment_branch_policy: z.object({ custom_branch_policies: z.boolean() }).nullish(),
  protection_rules: z
    .array(
      z.object({
        type: z.string(),
        prevent_self_review: z.boolean().optional(),
        reviewers: z.array(z.unknown()).optional(),
      }),
    )
    .optional(),
});

const branchesSchema = z.object({ branch_policies: z.array(z.object({ name: z.string() })) });

const approvalsSchema = z.array(z.object({ state: z.string(), environments: z.array(z.object({ name: z.string() })) }));

/**
 * Why a run may not apply to an environment, a line for each reason; empty when no other branch than this run's may deploy to it,
 * reviewers are enforced there and one of them approved this run. On a plan that offers no reviewers GitHub ignores the rule and lets everything through, so its absence is a reason, and
 * so is everything that cannot be read.
 */
export async function findMissingApproval(
  { owner, name: repo, api }: GithubRepository,
  environment: string,
  { id: runId, branch }: { readonly id: number; readonly branch: string },
): Promise<string[]> {
  const described = await api.request("GET /repos/{owner}/{repo}/environments/{environment_name}", {
    ...{ owner, repo, environment_name: environment },
  });
  const branches = await api.request(
    "GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies",
    { ...{ owner, repo, environment_name: environment } },
  );
  const approvals = await api.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals", {
    ...{ owner, repo, run_id: runId },
  });
  return [
    ...findUnenforcedReview(described.data, environment),
    ...findOtherBranches(described.data, branches.data, environment, branch),
    ...findMissingApprover(approvals.data, environment),
  ];
}

/** "Protected branches" let every branch in where only a ruleset protects one, so the environment has to name its branch. */
function findOtherBranches(described: unknown, listed: unknown, environment: string, branch: string): string[] {
  const policy = environmentSchema.safeParse(described).data?.deployment_branch_policy;
  const names = branchesSchema.safeParse(listed).data?.branch_policies.map(({ name }) => name) ?? [];
  if (policy?.custom_branch_policies === true && names.length === 1 && names[0] === branch) return [];
  return [
    `the environment ${environment} lets other branches than ${branch} deploy; it has to name ${branch} and no other as its deployment branch`,
  ];
}

function findUnenforcedReview(described: unknown, environment: string): string[] {
  const parsed = environmentSchema.safeParse(described);
  if (!parsed.success) return [`GitHub does not say how the environment ${environment} is protected`];
  const { protection_rules: rules = [], can_admins_bypass: bypass } = parsed.data;
  const review = rules.find(({ type }) => type === "required_reviewers");
  if (review === undefined || (review.reviewers ?? []).length === 0) {
    return [
      `the environment ${environment} has no required reviewers; a private repository needs a paid plan for them, and without them nothing is applied`,
    ];
  }
  return [
    ...(review.prevent_self_review === true
      ? []
      : [`the environment ${environment} lets people approve their own runs`]),
    ...(bypass === false ? [] : [`the environment ${environment} lets administrators skip the approval`]),
  ];
}

function findMissingApprover(approvals: unknown, environment: string): string[] {
  const parsed = approvalsSchema.safeParse(approvals);
  const approved =
    parsed.success &&
    parsed.data.some(
      ({ state, environments }) => state === "approved" && environments.some(({ name }) => name === environment),
    );
  return approved ? [] : [`nobody approved this run for the environment ${environment}`];
}
