import {
  ActionsRepositoryPermissions,
  type ActionsRepositoryPermissionsArgs,
} from "@pulumi/github/actionsRepositoryPermissions";
import { ActionsVariable } from "@pulumi/github/actionsVariable";
import { IssueLabel } from "@pulumi/github/issueLabel";
import { RepositoryRuleset, type RepositoryRulesetArgs } from "@pulumi/github/repositoryRuleset";
import { WorkflowRepositoryPermissions } from "@pulumi/github/workflowRepositoryPermissions";
import * as pulumi from "@pulumi/pulumi";
import { pinnedActions } from "../github-actions/pinned-actions";
import { type Transform, transformed } from "../transform/transform";
import { ownedPatterns } from "./delivery-files";
import { requiredChecks } from "./delivery-plan";

export interface DeliveryArgs {
  /** The repository that deploys, without its owner. */
  readonly repository: pulumi.Input<string>;
  /** The code-owner team of production files, and its size. */
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

/**
 * The rules of a repository that deploys itself: what a change of its branch needs, which actions may run and what they get.
 *
 * Its workflows are not made here: they are files of the repository, so that a change of them is reviewed (`npm run generate`).
 *
 * @example
 * ```ts
 * new Delivery("alai-infra", { repository: "alai-infra", owners: { team: 3000001, people: 2 }, rulesets: "offered", deployingApp: 600001 });
 * ```
 */
export class Delivery extends pulumi.ComponentResource {
  constructor(name: string, args: DeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:delivery:Delivery", name, {}, opts);
    const { repository, transform } = args;
    if (args.rulesets === "offered") {
      const ruleset = branchRuleset(repository, args.deployingApp, args.owners);
      new RepositoryRuleset(...transformed(transform?.ruleset, name, ruleset, { parent: this }));
    } else {
      pulumi.log.warn(
        `Delivery ${name}: GitHub offers no rulesets for this repository, so nothing keeps changes from being pushed past review; a paid plan or a public repository has them`,
        this,
      );
    }
    new ActionsRepositoryPermissions(
      ...transformed(transform?.actions, name, { repository, ...allowedActions }, { parent: this }),
    );
    new WorkflowRepositoryPermissions(
      name,
      { repository, defaultWorkflowPermissions: "read", canApprovePullRequestReviews: false },
      { parent: this },
    );
    const description = "A deployment without review, waiting for it";
    new IssueLabel(
      `${name}-break-glass`,
      { repository, name: "break-glass", color: "b60205", description },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/**
 * GitHub's own actions and those that the pins name, by commit only. What lies in the repository itself is always allowed: its workflows
 * call each other.
 */
const allowedActions: Pick<
  ActionsRepositoryPermissionsArgs,
  "enabled" | "allowedActions" | "allowedActionsConfig" | "shaPinningRequired"
> = {
  enabled: true,
  allowedActions: "selected",
  shaPinningRequired: true,
  allowedActionsConfig: {
    githubOwnedAllowed: true,
    verifiedAllowed: false,
    patternsAlloweds: Object.values(pinnedActions)
      .map((pin) => pin.slice(0, pin.indexOf("@")))
      .filter((action) => !/^(actions|github)\//.test(action))
      .map((action) => `${action}@*`),
  },
};

/** The code-owner team of production files. */
interface CodeOwnerTeam {
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
function branchRuleset(
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
            filePatterns: ownedPatterns,
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

interface DeliverySettingsArgs {
  /** The repository whose workflows read them, without its owner. */
  readonly repository: pulumi.Input<string>;
  /** Values by the names that `delivery-plan.ts` gives them. Nothing secret. */
  readonly variables: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Tells a repository's workflows where things are and as whom they sign in. */
export class DeliverySettings extends pulumi.ComponentResource {
  constructor(name: string, { repository, variables }: DeliverySettingsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:delivery:DeliverySettings", name, {}, opts);
    for (const [variableName, value] of Object.entries(variables)) {
      new ActionsVariable(`${name}-${variableName}`, { repository, variableName, value }, { parent: this });
    }
    this.registerOutputs({});
  }
}
