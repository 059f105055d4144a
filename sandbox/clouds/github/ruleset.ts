import { isPropertyArray, type PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldTransaction } from "../../world/world";
import { numberAt, textAt, valueAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { branchProtectionKind, isPrivate, plan, requireRepository, rulesetKind } from "./repository-lookup";

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
  },
  createOnly: ["repository"],
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

function refuseRuleset({ world, id, inputs }: ServiceContext): void {
  const repository = requireRepository(world, inputs);
  refuseOnFreePlan(world, repository);
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

/** Rulesets and branch protection of private repositories need a paid plan. */
export function refuseOnFreePlan(world: WorldTransaction, repository: WorldObject): void {
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
    create: ({ world, inputs }) => refuseOnFreePlan(world, protectedRepository(world, inputs)),
  },
};

function protectedRepository(world: WorldTransaction, inputs: PropertyMap): WorldObject {
  const given = textAt(inputs, "repositoryId") ?? String(numberAt(inputs, "repositoryId") ?? "");
  const byNode = world.list("github:index/repository:Repository").find(({ properties }) => properties.nodeId === given);
  return byNode ?? requireRepository(world, { repository: given });
}
