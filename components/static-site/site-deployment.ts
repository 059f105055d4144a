import { ActionsSecret, type ActionsSecretArgs } from "@pulumi/github/actionsSecret";
import { ActionsVariable, type ActionsVariableArgs } from "@pulumi/github/actionsVariable";
import type { RepositoryFileArgs } from "@pulumi/github/repositoryFile";
import * as pulumi from "@pulumi/pulumi";
import { secretOptions } from "../repository/repository";
import { type CommitQueue, commitFiles } from "../repository/repository-files";
import { type Transform, transformed } from "../transform/transform";
import type { PagesSite } from "./schema";
import { clientSiteFiles, ownSiteFiles } from "./site-files";

/** Who deploys a site's contents. */
export type SiteDeployment =
  /**
   * Workflows in the site's own repository, which gets the token. The token is account-wide at Cloudflare: whoever holds it can
   * overwrite every site, so client repositories are refused.
   */
  | {
      readonly by: "own-repository";
      readonly commits: CommitQueue;
      /** Scope: Cloudflare Pages: Edit. */
      readonly apiToken: pulumi.Input<string>;
      /** A Pages project that a push deploys to first, at once; the live one then waits for the environment's approval. */
      readonly firstTo?: string;
    }
  /**
   * Workflows in a repository of ours that check the site's repository out. That repository holds the variable
   * `CLOUDFLARE_ACCOUNT_ID` and the secret `CLOUDFLARE_API_TOKEN` once for all sites.
   */
  | {
      readonly by: "our-repository";
      readonly commits: CommitQueue;
      /** Ours, without its owner. @example "alai-infra" */
      readonly repository: string;
      readonly branch: string;
      /** Who owns the site's repository. @example "alai-org" */
      readonly sourceOwner: string;
      /** A private deploy key that may read the site's repository. Default: the repository is public. */
      readonly sourceKey?: pulumi.Input<string>;
    }
  /** Another stack owns the workflows. */
  | { readonly by: "another-stack" };

interface DeploymentTarget {
  readonly deployment: SiteDeployment;
  readonly accountId: string;
  readonly site: PagesSite;
  readonly project: string;
  readonly projectResource: pulumi.Resource;
  readonly transform?: {
    readonly file?: Transform<RepositoryFileArgs>;
    readonly variable?: Transform<ActionsVariableArgs>;
    readonly secret?: Transform<ActionsSecretArgs>;
  };
}

/** Puts workflows, variables and secrets where the site is deployed from. */
export function addDeployment(parent: pulumi.Resource, name: string, target: DeploymentTarget): void {
  const { deployment } = target;
  if (deployment.by === "own-repository") deployFromOwnRepository(parent, name, target, deployment);
  if (deployment.by === "our-repository") deployFromOurs(parent, name, target, deployment);
}

function deployFromOwnRepository(
  parent: pulumi.Resource,
  name: string,
  target: DeploymentTarget,
  deployment: Extract<SiteDeployment, { by: "own-repository" }>,
): void {
  const { site, transform } = target;
  const variables = { CLOUDFLARE_ACCOUNT_ID: target.accountId, CF_PROJECT_NAME: target.project };
  const settings = Object.entries(variables).map(([variableName, value]) => {
    const args = { repository: site.repository, variableName, value };
    return new ActionsVariable(...transformed(transform?.variable, `${name}-${variableName}`, args, { parent }));
  });
  const token = addSecret(parent, name, target, site.repository, "CLOUDFLARE_API_TOKEN", deployment.apiToken);
  const files = ownSiteFiles(site, deployment.firstTo);
  const place = { repository: site.repository, branch: site.branch, commits: deployment.commits, files };
  // The commit starts the workflow, so what the workflow reads comes first.
  commitFiles(parent, name, place, transform?.file, [...settings, token, target.projectResource]);
}

function deployFromOurs(
  parent: pulumi.Resource,
  name: string,
  target: DeploymentTarget,
  deployment: Extract<SiteDeployment, { by: "our-repository" }>,
): void {
  const { repository, branch, commits, sourceOwner, sourceKey } = deployment;
  const keyName = `SOURCE_KEY_${target.project.toUpperCase().replaceAll("-", "_")}`;
  const key = sourceKey === undefined ? [] : [addSecret(parent, name, target, repository, keyName, sourceKey)];
  const files = clientSiteFiles(target.site, {
    project: target.project,
    sourceOwner,
    sourceKeySecret: sourceKey === undefined ? undefined : keyName,
  });
  commitFiles(parent, name, { repository, branch, commits, files }, target.transform?.file, [
    ...key,
    target.projectResource,
  ]);
}

function addSecret(
  parent: pulumi.Resource,
  name: string,
  target: DeploymentTarget,
  repository: string,
  secretName: string,
  value: pulumi.Input<string>,
): ActionsSecret {
  const args = { repository, secretName, value: pulumi.secret(value) };
  const options = secretOptions(parent);
  return new ActionsSecret(...transformed(target.transform?.secret, `${name}-${secretName}`, args, options));
}
