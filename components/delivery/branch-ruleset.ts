import type { RepositoryRulesetArgs } from "@pulumi/github/repositoryRuleset";
import { ownedPaths } from "./delivery-files";
import { requiredChecks } from "./delivery-plan";

/** Who owns what production is made of. */
export interface CodeOwnerTeam {
  /** The team's id at GitHub. */
  readonly team: number;
  /** How many people are in it. */
  readonly people: number;
}

/** GitHub Actions, the app whose checks are believed: anybody with write access could report one of that name otherwise. */
const githubActionsApp = 15368;

/** Two people beside the author; in a team of two nobody else is left, so one has to do. */
export function approvalsOfOwners({ people }: CodeOwnerTeam): number {
  return people > 2 ? 2 : 1;
}

/**
 * What a change of the deployed branch needs: a pull request with one review, the owners' for what production is made of, both checks,
 * signed commits in one line. Nobody pushes past it; only the deploying app does, whose commits are part of a reviewed change.
 *
 * @param deployingApp the app's id: without anybody who may bypass, the program could not commit its own files
 */
export function branchRuleset(
  repository: RepositoryRulesetArgs["repository"],
  deployingApp: number,
  owners: CodeOwnerTeam,
): RepositoryRulesetArgs {
  return {
    repository,
    name: "Deployed branch",
    target: "branch",
    enforcement: "active",
    conditions: { refName: { includes: ["~DEFAULT_BRANCH"], excludes: [] } },
    bypassActors: [{ actorId: deployingApp, actorType: "Integration", bypassMode: "always" }],
    rules: {
      deletion: true,
      nonFastForward: true,
      requiredLinearHistory: true,
      requiredSignatures: true,
      pullRequest: {
        requiredApprovingReviewCount: 1,
        dismissStaleReviewsOnPush: true,
        requireCodeOwnerReview: true,
        requireLastPushApproval: true,
        requiredReviewThreadResolution: true,
        // GitHub signs what it squashes; what it rebases is signed by nobody.
        allowedMergeMethods: ["squash"],
        requiredReviewers: [
          {
            filePatterns: ownedPaths.map(filePattern),
            minimumApprovals: approvalsOfOwners(owners),
            reviewer: { id: owners.team, type: "Team" },
          },
        ],
      },
      requiredStatusChecks: {
        strictRequiredStatusChecksPolicy: true,
        requiredChecks: Object.values(requiredChecks).map((context) => ({ context, integrationId: githubActionsApp })),
      },
    },
  };
}

/** A path as CODEOWNERS has it, as the ruleset has it: without the slash in front, and with everything below a directory. */
function filePattern(path: string): string {
  const relative = path.slice(1);
  return relative.endsWith("/") ? `${relative}**` : relative;
}
