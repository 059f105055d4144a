import { createHash } from "node:crypto";
import type { PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldReading, WorldTransaction } from "../../world/world";
import { flagAt, numberAt, textAt } from "../read-property";
import type { CreateOnlyRule } from "../type-rule";

const organizationKind = "github:index/organization:Organization";
export const repositoryKind = "github:index/repository:Repository";
export const branchKind = "github:index/branch:Branch";
export const fileKind = "github:index/repositoryFile:RepositoryFile";
export const environmentKind = "github:index/repositoryEnvironment:RepositoryEnvironment";
export const branchProtectionKind = "github:index/branchProtection:BranchProtection";
export const labelKind = "github:index/issueLabel:IssueLabel";
export const rulesetKind = "github:index/repositoryRuleset:RepositoryRuleset";
export const userKind = "github:index/user:User";
/** A name that a repository had, and GitHub redirects. No resource of the provider's. */
export const formerNameKind = "github:index/formerName:FormerName";
export const teamKind = "github:index/team:Team";

export type Plan = "free" | "team" | "enterprise";

/** The organisation that owns everything here. */
export function organization(world: WorldReading): WorldObject | undefined {
  return world.list(organizationKind)[0];
}

export function ownerName(world: WorldReading): string {
  return textAt(organization(world)?.properties ?? {}, "login") ?? "owner";
}

export function plan(world: WorldReading): Plan {
  const name = textAt(organization(world)?.properties ?? {}, "plan");
  return name === "enterprise" || name === "team" ? name : "free";
}

/** Whether the token may write below `.github/workflows`. */
export function hasWorkflowsPermission(world: WorldReading): boolean {
  return flagAt(organization(world)?.properties ?? {}, "workflowsPermission") ?? true;
}

/** The repository that has the name, or else the one that had it: GitHub redirects an old name until another takes it. */
export function findRepository(world: WorldReading, name: string): WorldObject | undefined {
  const direct = world.get(repositoryKind, name);
  if (direct !== undefined && isNamed(direct, name)) return direct;
  const named = (wanted: string) => world.list(repositoryKind).find((repository) => isNamed(repository, wanted));
  const former = world.get(formerNameKind, name);
  return named(name) ?? (former === undefined ? undefined : named(textAt(former.properties, "repository") ?? ""));
}

export function isNamed(repository: WorldObject, name: string): boolean {
  return repositoryName(repository).toLowerCase() === name.toLowerCase();
}

export function requireRepository(world: WorldReading, inputs: PropertyMap): WorldObject {
  const name = textAt(inputs, "repository") ?? "";
  const repository = findRepository(world, name);
  if (repository === undefined) throw notFound(`/repos/${ownerName(world)}/${name}`);
  return repository;
}

/** As {@link requireRepository}, for a change: an archived repository takes none. */
export function requireWritableRepository(world: WorldReading, inputs: PropertyMap): WorldObject {
  const repository = requireRepository(world, inputs);
  if (flagAt(repository.properties, "archived") !== true) return repository;
  throw new ServiceError("403", "Repository was archived so is read-only.", 403);
}

export function isPrivate(repository: WorldObject): boolean {
  const visibility = textAt(repository.properties, "visibility");
  return visibility === undefined ? flagAt(repository.properties, "private") === true : visibility !== "public";
}

export function defaultBranch(repository: WorldObject): string {
  return textAt(repository.properties, "defaultBranch") ?? "main";
}

export function repositoryNumber(repository: WorldObject): number {
  return numberAt(repository.properties, "repoId") ?? 0;
}

export function notFound(path: string): ServiceError {
  return new ServiceError("404", `${path}: Not Found`, 404);
}

export function repositoryName(repository: WorldObject): string {
  return textAt(repository.properties, "name") ?? repository.id;
}

export function gitHash(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/** Whether another object of this kind has these names already, in any case of letters, as GitHub compares names. */
export function hasSameName(
  world: WorldReading,
  kind: string,
  inputs: PropertyMap,
  names: readonly string[],
  ownId: string | undefined,
): boolean {
  const nameOf = (properties: PropertyMap) =>
    names
      .map((name) => textAt(properties, name))
      .join("/")
      .toLowerCase();
  return world.list(kind).some(({ id, properties }) => id !== ownId && nameOf(properties) === nameOf(inputs));
}

/** What is kept with a repository and goes with it, of whatever kind. */
export function belongings(world: WorldReading, repository: WorldObject): readonly WorldObject[] {
  const name = repositoryName(repository);
  return world.all().filter(({ kind, properties }) => {
    if (kind !== branchProtectionKind) return kind.startsWith("github:") && properties.repository === name;
    return [name, repository.properties.nodeId].includes(properties.repositoryId);
  });
}

/** Where the world has what belongs to a repository: below the id of the repository, which a change of its name does not touch. */
export function keptWithRepository(world: WorldReading, id: string, properties: PropertyMap): string {
  const [prefix = id, ...rest] = id.split(":");
  const repository = findRepository(world, textAt(properties, "repository") ?? prefix) ?? findRepository(world, prefix);
  return [repository?.id ?? prefix, ...rest].join(":");
}

/**
 * A changed `repository` is a new name of the same one, which changes in place, or another one. One that is not found is about to be
 * renamed. Source: integrations/terraform-provider-github, util_diff.go (diffRepository).
 */
export const anotherRepository: CreateOnlyRule = {
  path: "repository",
  when: ({ world, before, after }) => {
    if (world === undefined) return true;
    const next = typeof after === "string" ? findRepository(world, after) : undefined;
    return next !== undefined && (typeof before !== "string" || findRepository(world, before)?.id !== next.id);
  },
};

/** Gives what belongs to the repository, its former names too, its new name. */
export function renameBelongings(world: WorldTransaction, repository: WorldObject, name: string): void {
  const before = repositoryName(repository);
  if (before === name) return;
  for (const object of belongings(world, repository)) {
    if (object.kind !== branchProtectionKind)
      world.put({ ...object, properties: { ...object.properties, repository: name } });
  }
  world.delete(formerNameKind, name);
  world.put({ cloud: "github", kind: formerNameKind, id: before, properties: { repository: name } });
}
