import { createHash } from "node:crypto";
import type { PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldTransaction } from "../../world/world";
import { flagAt, numberAt, textAt } from "../read-property";

export const organizationKind = "github:index/organization:Organization";
export const repositoryKind = "github:index/repository:Repository";
export const branchKind = "github:index/branch:Branch";
export const fileKind = "github:index/repositoryFile:RepositoryFile";
export const environmentKind = "github:index/repositoryEnvironment:RepositoryEnvironment";
export const branchProtectionKind = "github:index/branchProtection:BranchProtection";
export const labelKind = "github:index/issueLabel:IssueLabel";
export const rulesetKind = "github:index/repositoryRuleset:RepositoryRuleset";
export const userKind = "github:index/user:User";
export const teamKind = "github:index/team:Team";

export type Plan = "free" | "team" | "enterprise";

/** The organisation that owns everything here. */
export function organization(world: WorldTransaction): WorldObject | undefined {
  return world.list(organizationKind)[0];
}

export function ownerName(world: WorldTransaction): string {
  return textAt(organization(world)?.properties ?? {}, "login") ?? "owner";
}

export function plan(world: WorldTransaction): Plan {
  const name = textAt(organization(world)?.properties ?? {}, "plan");
  return name === "enterprise" || name === "team" ? name : "free";
}

/** Whether the token may write below `.github/workflows`. */
export function hasWorkflowsPermission(world: WorldTransaction): boolean {
  return flagAt(organization(world)?.properties ?? {}, "workflowsPermission") ?? true;
}

/** The repository of that name now; a renamed one is found by its new name. */
export function findRepository(world: WorldTransaction, name: string): WorldObject | undefined {
  const same = (repository: WorldObject) => textAt(repository.properties, "name")?.toLowerCase() === name.toLowerCase();
  const direct = world.get(repositoryKind, name);
  return direct !== undefined && same(direct) ? direct : world.list(repositoryKind).find(same);
}

export function requireRepository(world: WorldTransaction, inputs: PropertyMap): WorldObject {
  const name = textAt(inputs, "repository") ?? "";
  const repository = findRepository(world, name);
  if (repository === undefined) throw notFound(`/repos/${ownerName(world)}/${name}`);
  return repository;
}

/** As {@link requireRepository}, for a change: an archived repository takes none. */
export function requireWritableRepository(world: WorldTransaction, inputs: PropertyMap): WorldObject {
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

export function gitHash(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/** Whether another object of this kind has these names already, in any case of letters, as GitHub compares names. */
export function hasSameName(
  world: WorldTransaction,
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
export function belongings(world: WorldTransaction, repository: WorldObject): readonly WorldObject[] {
  const name = textAt(repository.properties, "name") ?? repository.id;
  return world.all().filter(({ kind, properties }) => {
    if (kind !== branchProtectionKind) return kind.startsWith("github:") && properties.repository === name;
    return [name, repository.properties.nodeId].includes(properties.repositoryId);
  });
}
