import type { PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldTransaction } from "../../world/world";
import { flagAt, mapsAt, textAt, textsAt, valueAt } from "../read-property";
import {
  branchKind,
  defaultBranch,
  gitHash,
  isPrivate,
  notFound,
  ownerName,
  plan,
  repositoryName,
  rulesetKind,
} from "./repository-lookup";

/** The branch a commit goes to, or GitHub's refusal: it must exist, unless it is the first commit to the default branch. */
export function requireBranch(world: WorldTransaction, repository: WorldObject, branch: string): void {
  if (world.get(branchKind, `${repository.id}:${branch}`) !== undefined) return;
  const isEmpty = !world.list(branchKind).some((other) => other.properties.repository === repositoryName(repository));
  if (isEmpty && branch === defaultBranch(repository)) return;
  throw notFound(`/repos/${ownerName(world)}/${repositoryName(repository)}/branches/${branch}`);
}

/** Moves the branch to a new commit and returns its hash. */
export function commit(world: WorldTransaction, repository: WorldObject, branch: string, change: string): string {
  const name = repositoryName(repository);
  const id = `${repository.id}:${branch}`;
  const before = world.get(branchKind, id);
  const sha = gitHash(`${textAt(before?.properties ?? {}, "sha") ?? ""} ${change}`);
  world.put({
    ...(before ?? { cloud: "github", kind: branchKind, id }),
    properties: { ...before?.properties, repository: name, branch, ref: `refs/heads/${branch}`, sha },
  });
  return sha;
}

/** Refuses a direct commit that a ruleset of the repository only lets through as a pull request. */
export function refuseByRulesets(world: WorldTransaction, repository: WorldObject, branch: string): void {
  const enforced = !isPrivate(repository) || plan(world) !== "free";
  const blocking = world
    .list(rulesetKind)
    .filter(({ properties }) => properties.repository === repositoryName(repository))
    .find(({ properties }) => enforced && blocksCommit(properties, branch, defaultBranch(repository)));
  if (blocking === undefined) return;
  throw new ServiceError(
    "409",
    `Repository rule violations found: changes to ${branch} must be made through a pull request (ruleset "${textAt(blocking.properties, "name") ?? ""}").`,
    409,
  );
}

function blocksCommit(ruleset: PropertyMap, branch: string, mainBranch: string): boolean {
  const restricts = valueAt(ruleset, "rules.pullRequest") !== undefined || flagAt(ruleset, "rules.update") === true;
  const active = textAt(ruleset, "enforcement") === "active" && textAt(ruleset, "target") === "branch";
  // Who deploys is not known here: any actor that may always bypass is taken to be the one.
  const bypassed = mapsAt(ruleset, "bypassActors").some((actor) => textAt(actor, "bypassMode") === "always");
  return active && restricts && !bypassed && coversBranch(ruleset, branch, mainBranch);
}

function coversBranch(ruleset: PropertyMap, branch: string, mainBranch: string): boolean {
  const covers = (pattern: string): boolean => {
    if (pattern === "~ALL") return true;
    if (pattern === "~DEFAULT_BRANCH") return branch === mainBranch;
    return matchesPattern(pattern, `refs/heads/${branch}`);
  };
  const included = textsAt(ruleset, "conditions.refName.includes").some(covers);
  return included && !textsAt(ruleset, "conditions.refName.excludes").some(covers);
}

/** Whether a name is what a pattern says: `*` stands for anything but a slash, `**` for anything. */
export function matchesPattern(pattern: string, name: string): boolean {
  const expression = pattern.split("**").map((part) => part.split("*").map(escapeRegExp).join("[^/]*"));
  return new RegExp(`^${expression.join(".*")}$`).test(name);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}
