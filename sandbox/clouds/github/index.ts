import type { PropertyMap } from "../../../deployment/values/property-value";
import { type Provider, ServiceError } from "../../engine/provider";
import type { World, WorldReading } from "../../world/world";
import {
  answerFunctions,
  type EmulatedFunction,
  EmulatedProvider,
  type EmulatedProviderOptions,
} from "../emulated-provider";
import { numberAt, textAt } from "../read-property";
import { genericObject } from "../type-rule";
import { deploymentPolicyRules, repositoryEnvironmentRule } from "./environment";
import { repositoryRule } from "./repository";
import { repositoryFileRule } from "./repository-file";
import {
  defaultBranch,
  findRepository,
  isPrivate,
  notFound,
  organization,
  ownerName,
  repositoryKind,
  teamKind,
  userKind,
} from "./repository-lookup";
import { oidcSubjectKind, repositorySettingRules } from "./repository-settings";
import { branchProtectionRule, repositoryRulesetRule } from "./ruleset";
import { secretAndVariableRules } from "./secrets-and-variables";

/** The `github` package over the emulated world: one organisation with its repositories, people and teams. */
export function githubProvider(world: World, options: EmulatedProviderOptions = {}): Provider {
  return new EmulatedProvider(
    {
      packageName: "github",
      behaviour: {
        cloud: "github",
        alreadyExists: (id) => new ServiceError("409", `Already exists - ${id} already exists`, 409),
        notFound,
        updateRecreates: false,
      },
      rules: [
        repositoryRule,
        repositoryFileRule,
        repositoryRulesetRule,
        branchProtectionRule,
        repositoryEnvironmentRule,
        ...deploymentPolicyRules,
        ...secretAndVariableRules,
        ...repositorySettingRules,
      ],
      unmodelledRule: genericObject,
      ...answerFunctions(functions),
      comparesWithState: true,
      replacingConfig: ["owner"],
    },
    world,
    options,
  );
}

const functions: Readonly<Record<string, EmulatedFunction>> = {
  "github:index/getRepository:getRepository": getRepository,
  "github:index/getUser:getUser": getUser,
  "github:index/getTeam:getTeam": getTeam,
  "github:index/getOrganization:getOrganization": getOrganization,
  "github:index/getActionsRepositoryOidcSubjectClaimCustomizationTemplate:getActionsRepositoryOidcSubjectClaimCustomizationTemplate":
    getSubjectTemplate,
};

function getRepository(args: PropertyMap, world: WorldReading): PropertyMap {
  const fullName = textAt(args, "fullName");
  const name = textAt(args, "name") ?? fullName?.slice(fullName.indexOf("/") + 1) ?? "";
  const repository = findRepository(world, name);
  const path = fullName ?? `${ownerName(world)}/${name}`;
  if (repository === undefined || path !== `${ownerName(world)}/${name}`) throw notFound(`/repos/${path}`);
  return {
    ...repository.properties,
    ...args,
    id: name,
    name,
    fullName: path,
    private: isPrivate(repository),
    defaultBranch: defaultBranch(repository),
    htmlUrl: `https://github.com/${path}`,
    httpCloneUrl: `https://github.com/${path}.git`,
    sshCloneUrl: `git@github.com:${path}.git`,
  };
}

/** A repository that nobody customized has GitHub's own template. */
function getSubjectTemplate(args: PropertyMap, world: WorldReading): PropertyMap {
  const name = textAt(args, "name") ?? "";
  if (findRepository(world, name) === undefined) throw notFound(`/repos/${ownerName(world)}/${name}`);
  const { useDefault = true, includeClaimKeys = [] } = world.get(oidcSubjectKind, name)?.properties ?? {};
  return { ...args, id: name, useDefault, includeClaimKeys };
}

function getUser(args: PropertyMap, world: WorldReading): PropertyMap {
  const username = textAt(args, "username") ?? "";
  const user = world.get(userKind, username);
  if (user === undefined) throw notFound(`/users/${username}`);
  return { ...user.properties, username, id: String(numberAt(user.properties, "userId") ?? username) };
}

function getTeam(args: PropertyMap, world: WorldReading): PropertyMap {
  const slug = textAt(args, "slug") ?? "";
  const team = world.get(teamKind, slug) ?? world.list(teamKind).find(({ properties }) => properties.slug === slug);
  if (team === undefined) throw notFound(`/orgs/${ownerName(world)}/teams/${slug}`);
  return { ...team.properties, ...args, slug, id: String(numberAt(team.properties, "teamId") ?? team.id) };
}

function getOrganization(args: PropertyMap, world: WorldReading): PropertyMap {
  const name = textAt(args, "name") ?? "";
  const found = organization(world);
  if (found === undefined || ownerName(world) !== name) throw notFound(`/orgs/${name}`);
  const id = String(numberAt(found.properties, "organizationId") ?? found.id);
  const repositories = world
    .list(repositoryKind)
    .map(({ properties }) => `${name}/${textAt(properties, "name") ?? ""}`);
  const { workflowsPermission: _tokenOnly, ...properties } = found.properties;
  return { ...properties, ...args, id, orgname: name, repositories };
}
