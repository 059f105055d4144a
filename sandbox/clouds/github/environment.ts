import { ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { flagAt, listAt, mapAt, mapsAt, numberAt, textAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { matchesPattern } from "./commit";
import {
  anotherRepository,
  branchProtectionKind,
  environmentKind,
  hasSameName,
  isPrivate,
  keptWithRepository,
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
  keptAs: keptWithRepository,
  createOnly: [anotherRepository, "environment"],
  unordered: ["reviewers[*].users", "reviewers[*].teams"],
  defaults: { canAdminsBypass: true, preventSelfReview: false },
  service: {
    create: (context) => {
      refuseEnvironment(context);
      // A PUT of the same name changes the environment that is there; one that differs in case only is a duplicate.
      if (!hasSameName(context.world, environmentKind, context.inputs, ["repository", "environment"], context.id))
        return;
      throw new ServiceError(
        "422",
        `Validation Failed: an environment has the name ${textAt(context.inputs, "environment")} in another case of letters`,
        422,
      );
    },
    update: refuseEnvironment,
  },
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
    throw new ServiceError("422", `Invalid request: at most ${maximumReviewers} reviewers are allowed.`, 422);
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
      "protected_branches and custom_branch_policies cannot have the same value in deployment_branch_policy.",
      422,
    );
  }
}

function unsupportedRule(rule: string): ServiceError {
  return new ServiceError(
    "422",
    `Failed to create the environment protection rule. Please ensure the billing plan supports the ${rule} protection rule.`,
    422,
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
    throw new ServiceError("422", `Validation Failed: ${property.replace("Id", "")} ${String(id)} cannot review.`, 422);
  }
}

/** The environment of the repository, or GitHub's refusal. */
export function requireEnvironment({ world, inputs }: ServiceContext, property: string) {
  requireWritableRepository(world, inputs);
  const repository = textAt(inputs, "repository") ?? "";
  const environment = textAt(inputs, property) ?? "";
  const found = world.get(environmentKind, keptWithRepository(world, `${repository}:${environment}`, inputs));
  if (found === undefined) throw notFound(`/repos/${ownerName(world)}/${repository}/environments/${environment}`);
  return found;
}

const branchPolicyKind = "github:index/repositoryDeploymentBranchPolicy:RepositoryDeploymentBranchPolicy";
const deploymentPolicyKind = "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy";

/**
 * Whether a run of this ref may deploy to an environment, as GitHub decides: every branch where nothing limits them, and also where
 * only protected ones may and the repository has no branch protection rule, for a ruleset counts as none. One that nobody made is
 * made by the first run that names it, without limits.
 *
 * Source: docs.github.com, "Deployments and environments" (deployment branches and tags).
 *
 * @param ref @example "refs/heads/main"
 */
export function mayDeploy(world: WorldTransaction, repository: string, environment: string, ref: string): boolean {
  const policy = mapAt(
    world.get(environmentKind, keptWithRepository(world, `${repository}:${environment}`, {}))?.properties ?? {},
    "deploymentBranchPolicy",
  );
  const branch = ref.replace(/^refs\/heads\//, "");
  const ofRepository = (kind: string, property = "repository") =>
    world.list(kind).filter(({ properties }) => properties[property] === repository);
  if (flagAt(policy, "customBranchPolicies") === true) {
    const patterns = [
      ...ofRepository(branchPolicyKind).map(({ properties }) => [properties.environmentName, properties.name]),
      ...ofRepository(deploymentPolicyKind).map(({ properties }) => [properties.environment, properties.branchPattern]),
    ];
    return patterns.some(([of, pattern]) => of === environment && matchesPattern(String(pattern), branch));
  }
  const rules = ofRepository(branchProtectionKind, "repositoryId");
  if (flagAt(policy, "protectedBranches") !== true || rules.length === 0) return true;
  return rules.some(({ properties }) => matchesPattern(String(properties.pattern), branch));
}

function deploymentPolicyRule(type: string, environmentProperty: string, required: readonly string[]): TypeRule {
  return {
    type,
    identity: {
      kind: "generated",
      id: (random, inputs) =>
        `${textAt(inputs, "repository")}:${textAt(inputs, environmentProperty)}:${10_000_000 + random.below(90_000_000)}`,
    },
    keptAs: keptWithRepository,
    required: ["repository", environmentProperty, ...required],
    // The older of the two looks at the name only; it has one of its own, so the old one goes first.
    createOnly: [type === branchPolicyKind ? "repository" : anotherRepository, environmentProperty],
    deleteBeforeReplace: type === branchPolicyKind ? "always" : "never",
    service: {
      create: (context) => {
        const { properties } = requireEnvironment(context, environmentProperty);
        if (flagAt(properties, "deploymentBranchPolicy.customBranchPolicies") === true) return;
        throw new ServiceError(
          "404",
          "Not Found: the environment does not use custom branch policies (deploymentBranchPolicy.customBranchPolicies).",
          404,
        );
      },
    },
  };
}

export const deploymentPolicyRules: readonly TypeRule[] = [
  deploymentPolicyRule(branchPolicyKind, "environmentName", ["name"]),
  {
    ...deploymentPolicyRule(deploymentPolicyKind, "environment", []),
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
