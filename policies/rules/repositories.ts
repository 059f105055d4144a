import { allOf, compliant, decide, each, type RuleOutcome, violation } from "../outcome";
import { type PolicyResource, rulesOf } from "../rule";
import { matchesWhole, type StackParameters } from "../stack-parameters";
import {
  anyHolds,
  anyReading,
  comparable,
  items,
  type KnownValue,
  type Reading,
  read,
  readWithin,
} from "./shared/property-reading";
import { requireValue } from "./shared/requirements";

export const repositoryRules = rulesOf("delivery", [
  {
    id: "repository-secret-declared",
    controls: ["Own"],
    description:
      "Secrets belong to environments, which say who may use them. Those that every branch of a repository may read are named in the stack's repositorySecrets; there are none of organisations, Dependabot and Codespaces.",
    remediation: "Make it an ActionsEnvironmentSecret, or declare its name in the stack's repositorySecrets.",
    types: [
      "github:index/actionsOrganizationSecret:ActionsOrganizationSecret",
      "github:index/actionsSecret:ActionsSecret",
      "github:index/codespacesOrganizationSecret:CodespacesOrganizationSecret",
      "github:index/codespacesSecret:CodespacesSecret",
      "github:index/codespacesUserSecret:CodespacesUserSecret",
      "github:index/dependabotOrganizationSecret:DependabotOrganizationSecret",
      "github:index/dependabotSecret:DependabotSecret",
    ],
    evaluate: (secret, stack) => {
      const name = read(secret, "secretName");
      const isOfRepository = secret.type.endsWith(":ActionsSecret");
      const isDeclared = anyReading([name], (value) => isOfRepository && matchesAny(value, stack.repositorySecrets));
      return isDeclared ? compliant : violation(name.path, "can be read by more than one environment");
    },
  },
  {
    id: "repository-environment-reviewed",
    controls: ["Own"],
    description:
      "Somebody reviews what is deployed to an environment, administrators wait for it, too; those without a review are named in the stack's unreviewedEnvironments.",
    remediation:
      "Give reviewers, set canAdminsBypass to false, or declare the environment in the stack's unreviewedEnvironments.",
    types: ["github:index/repositoryEnvironment:RepositoryEnvironment"],
    evaluate: (environment, stack) =>
      allOf([
        requireValue(read(environment, "canAdminsBypass"), { oneOf: [false], absent: "violates" }),
        decide(() => requireReviewers(environment, stack)),
      ]),
  },
  {
    id: "repository-environment-branch",
    controls: ["Own"],
    description:
      "An environment says by name which branches deploy to it. Patterns, and tags, which who may push can make, are for the stack's unreviewedEnvironments.",
    remediation:
      "Set deploymentBranchPolicy.customBranchPolicies to true, and branchPattern to the name of a branch, or declare the environment in the stack's unreviewedEnvironments.",
    types: [
      "github:index/repositoryEnvironment:RepositoryEnvironment",
      "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy",
    ],
    evaluate: (resource, stack) => {
      if (resource.type.endsWith(":RepositoryEnvironmentDeploymentPolicy")) return requireNamedBranch(resource, stack);
      const ownBranches = read(resource, "deploymentBranchPolicy.customBranchPolicies");
      return requireValue(ownBranches, { oneOf: [true], absent: "violates" });
    },
  },
  {
    id: "repository-workflow-token",
    controls: ["Own"],
    description: "The token that every workflow gets reads only, and approves no pull request.",
    remediation:
      "Set defaultWorkflowPermissions to read and canApprovePullRequestReviews to false; jobs ask for what they write.",
    types: [
      "github:index/actionsOrganizationWorkflowPermissions:ActionsOrganizationWorkflowPermissions",
      "github:index/enterpriseActionsWorkflowPermissions:EnterpriseActionsWorkflowPermissions",
      "github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions",
    ],
    evaluate: (permissions) =>
      allOf([
        requireValue(read(permissions, "defaultWorkflowPermissions"), { oneOf: ["read"], absent: "complies" }),
        requireValue(read(permissions, "canApprovePullRequestReviews"), { oneOf: [false], absent: "complies" }),
      ]),
  },
  {
    id: "repository-key-reads",
    controls: ["Own"],
    description: "Keys to repositories, and people from outside, read only.",
    remediation:
      "Set readOnly to true, and a collaborator's permission to pull; what writes is an app or a pull request.",
    types: [
      "github:index/repositoryCollaborator:RepositoryCollaborator",
      "github:index/repositoryCollaborators:RepositoryCollaborators",
      "github:index/repositoryDeployKey:RepositoryDeployKey",
    ],
    evaluate: (resource) => {
      // The provider's defaults: keys read, collaborators push.
      if (resource.type.endsWith(":RepositoryDeployKey")) {
        return requireValue(read(resource, "readOnly"), { oneOf: [true], absent: "complies" });
      }
      if (resource.type.endsWith(":RepositoryCollaborator")) return requireReading(read(resource, "permission"));
      return allOf(each(items(read(resource, "users")), (user) => requireReading(readWithin(user, "permission"))));
    },
  },
]);

function requireNamedBranch(policy: PolicyResource, { unreviewedEnvironments }: StackParameters): RuleOutcome {
  const branch = read(policy, "branchPattern");
  const isNamed = anyHolds([
    () => anyReading([branch], (value) => !/[*?[]/.test(comparable(value) ?? "*")),
    () => anyReading([read(policy, "environment")], (name) => matchesAny(name, unreviewedEnvironments)),
  ]);
  return isNamed ? compliant : violation(branch.path, "is not the name of one branch");
}

function requireReviewers(environment: PolicyResource, { unreviewedEnvironments }: StackParameters): RuleOutcome {
  const people = items(read(environment, "reviewers")).flatMap((one) => [
    ...items(readWithin(one, "teams")),
    ...items(readWithin(one, "users")),
  ]);
  const isReviewed = anyHolds([
    () => anyReading(people, () => true),
    () => anyReading([read(environment, "environment")], (name) => matchesAny(name, unreviewedEnvironments)),
  ]);
  return isReviewed ? compliant : violation("reviewers", "names nobody");
}

/** Whether a name is what a list of the stack's parameters says. GitHub compares its names without regard to case. */
function matchesAny(name: KnownValue, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchesWhole(comparable(name) ?? "", pattern.toLowerCase()));
}

function requireReading(permission: Reading): RuleOutcome {
  return requireValue(permission, { oneOf: ["pull", "triage"], absent: "violates" });
}
