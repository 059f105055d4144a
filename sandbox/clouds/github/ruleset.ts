import { isPropertyArray, type PropertyMap } from "../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../engine/provider";
import type { WorldObject, WorldTransaction } from "../../world/world";
import { mapAt, textAt, textsAt, valueAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import {
  anotherRepository,
  branchProtectionKind,
  findRepository,
  isPrivate,
  notFound,
  ownerName,
  plan,
  repositoryKind,
  requireRepository,
  rulesetKind,
} from "./repository-lookup";

const patternRules = ["commitMessage", "commitAuthorEmail", "committerEmail", "branchName", "tagName"].map(
  (what) => `${what}Pattern`,
);
const patternOperators = ["starts_with", "ends_with", "contains", "regex"];

/** Values and ranges are those of GitHub's OpenAPI description, `POST /repos/{owner}/{repo}/rulesets`. */
export const repositoryRulesetRule: TypeRule = {
  type: rulesetKind,
  identity: {
    kind: "generated",
    id: (random) => String(1_000_000 + random.below(9_000_000)),
    fromImport: (id) => id.slice(id.lastIndexOf(":") + 1),
  },
  required: [
    ...["repository", "name", "enforcement", "target", "rules"],
    ...["bypassActors[*].actorType", "bypassActors[*].bypassMode"],
  ],
  name: {
    property: "name",
    pattern: /^.{1,100}$/,
    expected: "1 to 100 characters",
    code: "422",
    automatic: (logicalName, random) => ({ name: `${logicalName}-${random.hex(7)}`, random: false }),
  },
  allowed: {
    enforcement: ["disabled", "active", "evaluate"],
    target: ["branch", "tag", "push"],
    "bypassActors[*].actorType": ["RepositoryRole", "Team", "Integration", "OrganizationAdmin", "DeployKey"],
    "bypassActors[*].bypassMode": ["always", "pull_request", "exempt"],
    "rules.pullRequest.allowedMergeMethods[*]": ["merge", "squash", "rebase"],
    "rules.mergeQueue.groupingStrategy": ["ALLGREEN", "HEADGREEN"],
    "rules.mergeQueue.mergeMethod": ["MERGE", "SQUASH", "REBASE"],
    ...Object.fromEntries(patternRules.map((rule) => [`rules.${rule}.operator`, patternOperators])),
  },
  ranges: {
    "rules.pullRequest.requiredApprovingReviewCount": { minimum: 0, maximum: 10 },
    "rules.mergeQueue.checkResponseTimeoutMinutes": { minimum: 1, maximum: 360 },
    "rules.mergeQueue.maxEntriesToBuild": { minimum: 0, maximum: 100 },
    "rules.mergeQueue.maxEntriesToMerge": { minimum: 0, maximum: 100 },
    "rules.mergeQueue.minEntriesToMerge": { minimum: 0, maximum: 100 },
    "rules.mergeQueue.minEntriesToMergeWaitMinutes": { minimum: 0, maximum: 360 },
    "rules.maxFilePathLength.maxFilePathLength": { minimum: 1, maximum: 32_767 },
    "rules.maxFileSize.maxFileSize": { minimum: 1, maximum: 100 },
  },
  check: (inputs) => [...rulesOfAnotherTarget(inputs), ...noMergeMethods(inputs)],
  createOnly: [anotherRepository],
  unordered: ["bypassActors", "conditions.refName.includes", "conditions.refName.excludes"],
  service: {
    create: refuseRuleset,
    update: (context) => {
      const had = valueAt(context.existing.properties, "bypassActors") !== undefined;
      if (had && context.inputs.bypassActors === undefined) throw nullBypassActors();
      refuseRuleset(context);
    },
  },
  computed: {
    names: ["rulesetId", "nodeId", "etag"],
    stable: ["rulesetId", "nodeId"],
    values: ({ id }) => ({ rulesetId: Number(id), nodeId: `RRS_${id}`, etag: `W/"${id}"` }),
  },
};

const pushRules = ["filePathRestriction", "maxFilePathLength", "fileExtensionRestriction", "maxFileSize"];

/** What the provider refuses itself, before it asks GitHub. */
function rulesOfAnotherTarget(inputs: PropertyMap): readonly CheckFailure[] {
  const isPush = textAt(inputs, "target") === "push";
  const failures = Object.entries(mapAt(inputs, "rules"))
    .filter(([rule, value]) => value !== false && pushRules.includes(rule) !== isPush)
    .map(([rule]) => ({
      property: `rules.${rule}`,
      reason: `rule "${rule}" is not valid for the target "${textAt(inputs, "target")}"`,
    }));
  if (isPush && valueAt(inputs, "conditions.refName") !== undefined)
    failures.push({ property: "conditions.refName", reason: 'must not be set for the target "push"' });
  return failures;
}

function noMergeMethods(inputs: PropertyMap): readonly CheckFailure[] {
  const property = "rules.pullRequest.allowedMergeMethods";
  const methods = valueAt(inputs, property);
  if (!isPropertyArray(methods) || methods.length > 0) return [];
  return [{ property, reason: "requires 1 item minimum, but config has only 0 declared" }];
}

function refuseRuleset({ world, id, inputs }: ServiceContext): void {
  const repository = requireRepository(world, inputs);
  refuseOnFreePlan(world, repository);
  if (textAt(inputs, "target") === "push" && !isPrivate(repository)) {
    throw invalidRuleset("Invalid target: push rulesets are for internal and private repositories");
  }
  const patterns = ["includes", "excludes"].flatMap((list) => textsAt(inputs, `conditions.refName.${list}`));
  const unknown = patterns.filter((pattern) => !/^(refs\/(heads|tags)\/.+|~ALL|~DEFAULT_BRANCH)$/.test(pattern));
  if (unknown.length > 0) {
    throw invalidRuleset(`Invalid target patterns: ${unknown.map((pattern) => `'${pattern}'`).join(", ")}`);
  }
  if (textAt(inputs, "enforcement") === "evaluate" && plan(world) !== "enterprise") {
    throw new ServiceError("422", "Invalid enforcement: 'evaluate' is available to enterprises only.", 422);
  }
  const actors = valueAt(inputs, "bypassActors");
  if (isPropertyArray(actors) && actors.length === 0) throw nullBypassActors();
  const sameName = world
    .list(rulesetKind)
    .some((other) => other.id !== id && ["repository", "name"].every((key) => other.properties[key] === inputs[key]));
  if (sameName) throw new ServiceError("422", "Validation Failed: Name must be unique.", 422);
}

function invalidRuleset(message: string): ServiceError {
  return new ServiceError("422", `Validation Failed [{Resource: Field: Code: Message:${message}}]`, 422);
}

/** Rulesets and branch protection of private repositories need a paid plan. */
function refuseOnFreePlan(world: WorldTransaction, repository: WorldObject): void {
  if (!isPrivate(repository) || plan(world) !== "free") return;
  throw new ServiceError("403", "Upgrade to GitHub Pro or make this repository public to enable this feature.", 403);
}

/** The provider sends `null` for an empty list. */
function nullBypassActors(): ServiceError {
  return new ServiceError("422", "Invalid request. Invalid property /bypass_actors: data cannot be null.", 422);
}

/** Branch protection, the older form of a ruleset. `repositoryId` is a repository's name or node id. */
export const branchProtectionRule: TypeRule = {
  type: branchProtectionKind,
  identity: { kind: "generated", id: (random) => `BPR_${random.hex(16)}` },
  required: ["repositoryId", "pattern"],
  createOnly: ["repositoryId"],
  defaults: { allowsDeletions: false, allowsForcePushes: false, enforceAdmins: false, lockBranch: false },
  service: {
    create: (context) => {
      const repository = findProtected(context.world, context.inputs);
      if (repository === undefined)
        throw notFound(`/repos/${ownerName(context.world)}/${textAt(context.inputs, "repositoryId")}`);
      refuseOnFreePlan(context.world, repository);
      refuseProtected(context);
    },
    update: refuseProtected,
  },
};

/** One rule a pattern, whichever way the rules name their repository. */
function refuseProtected({ world, id, inputs }: ServiceContext): void {
  const repository = findProtected(world, inputs)?.id;
  const pattern = textAt(inputs, "pattern") ?? "";
  const taken = world
    .list(branchProtectionKind)
    .filter((other) => other.id !== id && textAt(other.properties, "pattern") === pattern)
    .some(({ properties }) => findProtected(world, properties)?.id === repository);
  if (taken) throw new ServiceError("422", `Name already protected: ${pattern}`, 422);
}

function findProtected(world: WorldTransaction, inputs: PropertyMap): WorldObject | undefined {
  const given = textAt(inputs, "repositoryId") ?? "";
  return (
    world.list(repositoryKind).find(({ properties }) => properties.nodeId === given) ?? findRepository(world, given)
  );
}
