import {
  ActionsRepositoryPermissions,
  type ActionsRepositoryPermissionsArgs,
} from "@pulumi/github/actionsRepositoryPermissions";
import { RepositoryRuleset, type RepositoryRulesetArgs } from "@pulumi/github/repositoryRuleset";
import { WorkflowRepositoryPermissions } from "@pulumi/github/workflowRepositoryPermissions";
import * as pulumi from "@pulumi/pulumi";
import { pinnedActions } from "../github-actions/pinned-actions";
import { type Transform, transformed } from "../transform/transform";

/** A team at GitHub whose members approve changes. */
export interface CodeOwnerTeam {
  /** The team's id at GitHub. */
  readonly team: number;
  /** How many people are in it. */
  readonly people: number;
}

/** What holds for a repository from which something is deployed. */
export interface RepositoryRules {
  /** Without its owner. */
  readonly repository: pulumi.Input<string>;
  /** The team that approves what the patterns match. */
  readonly owners: CodeOwnerTeam;
  /**
   * Whether GitHub offers rulesets for it: not for a private repository of a free plan. Without them nothing keeps changes from
   * being pushed past review, and a warning says so at every deployment.
   */
  readonly rulesets: "offered" | "not-offered";
  /** The id of the GitHub App as which deployments commit. */
  readonly deployingApp: number;
  readonly transform?: {
    readonly ruleset?: Transform<RepositoryRulesetArgs>;
    readonly actions?: Transform<ActionsRepositoryPermissionsArgs>;
  };
}

/** What is each repository's own: the checks that a change of its branch needs, whose files are the owners', what its jobs call. */
export interface RepositoryNeeds {
  /** By their names. */
  readonly checks: readonly string[];
  /** As GitHub's rulesets match them. */
  readonly owned: readonly string[];
  /** Workflows of other repositories that its own may call. Default: none. */
  readonly calls?: readonly string[];
}

/** What a change of a repository's branch needs, which actions may run there and what they get. */
export function addRepositoryRules(
  parent: pulumi.Resource,
  name: string,
  { repository, owners, rulesets, deployingApp, transform }: RepositoryRules,
  needs: RepositoryNeeds,
): void {
  if (rulesets === "offered") {
    const ruleset = branchRuleset(repository, deployingApp, owners, needs);
    new RepositoryRuleset(...transformed(transform?.ruleset, name, ruleset, { parent }));
  } else {
    pulumi.log.warn(
      `${name}: GitHub offers no rulesets for this repository, so nothing keeps changes from being pushed past review; a paid plan or a public repository has them`,
      parent,
    );
  }
  new ActionsRepositoryPermissions(
    ...transformed(transform?.actions, name, { repository, ...allowedActions(needs) }, { parent }),
  );
  new WorkflowRepositoryPermissions(
    name,
    { repository, defaultWorkflowPermissions: "read", canApprovePullRequestReviews: false },
    { parent },
  );
}

/**
 * GitHub's own actions and those that the pins name, by commit only. What lies in the repository itself is always allowed: its workflows
 * call each other.
 */
function allowedActions({
  calls = [],
}: RepositoryNeeds): Pick<
  ActionsRepositoryPermissionsArgs,
  "enabled" | "allowedActions" | "allowedActionsConfig" | "shaPinningRequired"
> {
  const pinned = Object.values(pinnedActions)
    .map((pin) => pin.slice(0, pin.indexOf("@")))
    .filter((action) => !/^(actions|github)\//.test(action));
  return {
    enabled: true,
    allowedActions: "selected",
    shaPinningRequired: true,
    allowedActionsConfig: {
      githubOwnedAllowed: true,
      verifiedAllowed: false,
      patternsAlloweds: [...pinned.map((action) => `${action}@*`), ...calls],
    },
  };
}

/** GitHub Actions, the app whose checks are believed: anybody with write access could report one of that name otherwise. */
const githubActionsApp = 15368;

/** Two people beside the author; in a team of two nobody else is left, so one has to do. */
export function approvalsOfOwners({ people }: CodeOwnerTeam): number {
  return people > 2 ? 2 : 1;
}

/**
 * What a change of the deployed branch needs: a pull request with one review, the owners' for what is theirs, the checks,
 * signed commits in one line. Nobody pushes past it; only the deploying app does, whose commits are part of a reviewed change.
 *
 * @param deployingApp the app's id: without anybody who may bypass, the program could not commit its own files
 */
function branchRuleset(
  repository: RepositoryRulesetArgs["repository"],
  deployingApp: number,
  owners: CodeOwnerTeam,
  { checks, owned }: RepositoryNeeds,
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
            filePatterns: [...owned],
            minimumApprovals: approvalsOfOwners(owners),
            reviewer: { id: owners.team, type: "Team" },
          },
        ],
      },
      requiredStatusChecks: {
        strictRequiredStatusChecksPolicy: true,
        requiredChecks: checks.map((context) => ({ context, integrationId: githubActionsApp })),
      },
    },
  };
}
