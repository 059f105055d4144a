import { ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { flagAt, listAt, mapAt, mapsAt, numberAt, textAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import {
  environmentKind,
  isPrivate,
  notFound,
  ownerName,
  plan,
  repositoryNumber,
  requireRepository,
  requireWritableRepository,
  teamKind,
  userKind,
} from "./repository-lookup";

/** An environment takes at most six people and teams as reviewers. */
const maximumReviewers = 6;

export const repositoryEnvironmentRule: TypeRule = {
  type: environmentKind,
  identity: { kind: "named", id: (inputs) => `${textAt(inputs, "repository")}:${textAt(inputs, "environment")}` },
  takesOverExisting: true,
  required: ["repository", "environment"],
  ranges: { waitTimer: { minimum: 0, maximum: 43_200 } },
  createOnly: ["repository", "environment"],
  unordered: ["reviewers[*].users", "reviewers[*].teams"],
  defaults: { canAdminsBypass: true, preventSelfReview: false },
  service: { create: refuseEnvironment, update: refuseEnvironment },
  computed: {
    names: ["repositoryId"],
    stable: ["repositoryId"],
    values: ({ world, inputs }) => ({ repositoryId: repositoryNumber(requireRepository(world, inputs)) }),
  },
};

function refuseEnvironment({ world, inputs }: ServiceContext): void {
  const repository = requireWritableRepository(world, inputs);
  const users = mapsAt(inputs, "reviewers").flatMap((reviewers) => listAt(reviewers, "users"));
  const teams = mapsAt(inputs, "reviewers").flatMap((reviewers) => listAt(reviewers, "teams"));
  if (isPrivate(repository) && plan(world) !== "enterprise") {
    if (users.length + teams.length > 0) throw unsupportedRule("required reviewers");
    if ((numberAt(inputs, "waitTimer") ?? 0) > 0) throw unsupportedRule("wait timer");
  }
  if (users.length + teams.length > maximumReviewers) {
    throw new ServiceError("422", 422, `Invalid request: at most ${maximumReviewers} reviewers are allowed.`);
  }
  refuseUnknownReviewers(world, userKind, "userId", users);
  refuseUnknownReviewers(world, teamKind, "teamId", teams);
  const policy = mapAt(inputs, "deploymentBranchPolicy");
  if (
    Object.keys(policy).length > 0 &&
    flagAt(policy, "protectedBranches") === flagAt(policy, "customBranchPolicies")
  ) {
    throw new ServiceError(
      "422",
      422,
      "protected_branches and custom_branch_policies cannot have the same value in deployment_branch_policy.",
    );
  }
}

function unsupportedRule(rule: string): ServiceError {
  return new ServiceError(
    "422",
    422,
    `Failed to create the environment protection rule. Please ensure the billing plan supports the ${rule} protection rule.`,
  );
}

function refuseUnknownReviewers(
  world: WorldTransaction,
  kind: string,
  property: string,
  ids: readonly unknown[],
): void {
  const known = new Set(world.list(kind).map(({ properties }) => properties[property]));
  for (const id of ids) {
    if (typeof id === "number" && known.has(id)) continue;
    throw new ServiceError("422", 422, `Validation Failed: ${property.replace("Id", "")} ${String(id)} cannot review.`);
  }
}

/** The environment of the repository, or GitHub's refusal. */
export function requireEnvironment({ world, inputs }: ServiceContext, property: string) {
  requireWritableRepository(world, inputs);
  const repository = textAt(inputs, "repository") ?? "";
  const environment = textAt(inputs, property) ?? "";
  const found = world.get(environmentKind, `${repository}:${environment}`);
  if (found === undefined) throw notFound(`/repos/${ownerName(world)}/${repository}/environments/${environment}`);
  return found;
}

function deploymentPolicyRule(type: string, environmentProperty: string, required: readonly string[]): TypeRule {
  return {
    type,
    identity: {
      kind: "generated",
      id: (random, inputs) =>
        `${textAt(inputs, "repository")}:${textAt(inputs, environmentProperty)}:${10_000_000 + random.below(90_000_000)}`,
    },
    required: ["repository", environmentProperty, ...required],
    createOnly: ["repository", environmentProperty],
    service: {
      create: (context) => {
        const { properties } = requireEnvironment(context, environmentProperty);
        if (flagAt(properties, "deploymentBranchPolicy.customBranchPolicies") === true) return;
        throw new ServiceError(
          "404",
          404,
          "Not Found: the environment does not use custom branch policies (deploymentBranchPolicy.customBranchPolicies).",
        );
      },
    },
  };
}

export const deploymentPolicyRules: readonly TypeRule[] = [
  deploymentPolicyRule(
    "github:index/repositoryDeploymentBranchPolicy:RepositoryDeploymentBranchPolicy",
    "environmentName",
    ["name"],
  ),
  {
    ...deploymentPolicyRule(
      "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy",
      "environment",
      [],
    ),
    check: (inputs) =>
      (inputs.branchPattern === undefined) === (inputs.tagPattern === undefined)
        ? [{ property: "branchPattern", reason: "exactly one of 'branchPattern' and 'tagPattern' must be given" }]
        : [],
    computed: {
      names: ["policyId", "repositoryId"],
      stable: ["policyId", "repositoryId"],
      values: ({ world, id, inputs }) => ({
        policyId: Number(id.slice(id.lastIndexOf(":") + 1)),
        repositoryId: repositoryNumber(requireRepository(world, inputs)),
      }),
    },
  },
];
