import { ActionsVariable, type ActionsVariableArgs } from "@pulumi/github/actionsVariable";
import type { RepositoryFileArgs } from "@pulumi/github/repositoryFile";
import type * as pulumi from "@pulumi/pulumi";
import { type CommitQueue, commitFiles } from "../repository/repository-files";
import { type EnvironmentEntry, environmentSchema } from "../repository/schema";
import { type Transform, transformed } from "../transform/transform";
import { deployingEnvironments } from "./deploy-workflow";
import type { PagesSite } from "./schema";
import { clientSiteFiles, ownSiteFiles } from "./site-files";

/** Who deploys a site's contents. */
export type SiteDeployment =
  /**
   * Workflows in the site's own repository, whose environments hold the token ({@link siteEnvironments}). It is account-wide at
   * Cloudflare: whoever holds it can overwrite every site, so client repositories are refused.
   */
  | {
      readonly by: "own-repository";
      readonly commits: CommitQueue;
      /** A Pages project that a push deploys to first, at once; the live one then waits for the environment's approval. */
      readonly firstTo?: string;
    }
  /**
   * Workflows in a repository of ours that check the site's repository out. That repository holds the variable
   * `CLOUDFLARE_ACCOUNT_ID`, and environments with the token and the key to read the site's ({@link siteEnvironments}).
   */
  | {
      readonly by: "our-repository";
      readonly commits: CommitQueue;
      /** Ours, without its owner. @example "alai-infra" */
      readonly repository: string;
      readonly branch: string;
      /** Who owns the site's repository. @example "alai-org" */
      readonly sourceOwner: string;
      /** Whether a deploy key is needed to read the site's repository. */
      readonly sourceIsPrivate: boolean;
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
  const files = ownSiteFiles(site, deployment.firstTo);
  const place = { repository: site.repository, branch: site.branch, commits: deployment.commits, files };
  // The commit starts the workflow, so what the workflow reads comes first.
  commitFiles(parent, name, place, transform?.file, [...settings, target.projectResource]);
}

function deployFromOurs(
  parent: pulumi.Resource,
  name: string,
  target: DeploymentTarget,
  deployment: Extract<SiteDeployment, { by: "our-repository" }>,
): void {
  const { repository, branch, commits, sourceOwner, sourceIsPrivate } = deployment;
  const files = clientSiteFiles(target.site, { project: target.project, sourceOwner, sourceIsPrivate });
  commitFiles(parent, name, { repository, branch, commits, files }, target.transform?.file, [target.projectResource]);
}

/** A repository, and the environments that a site's workflows there deploy to. */
interface SiteEnvironments {
  readonly repository: string;
  readonly environments: readonly EnvironmentEntry[];
}

/**
 * What the workflows of a site need of the repository that they are in. Who makes the repository makes them, because an environment
 * belongs to it; reviewers may be added there. Only the deployed branch reaches them, previews of pull requests included.
 */
export function siteEnvironments(
  site: PagesSite,
  project: string,
  deployment: SiteDeployment,
): SiteEnvironments | undefined {
  if (deployment.by === "another-stack") return undefined;
  const own = deployment.by === "own-repository";
  const [repository, branch] = own ? [site.repository, site.branch] : [deployment.repository, deployment.branch];
  const environment = (name: string, secret: string) =>
    environmentSchema.parse({ name, branches: [branch], secrets: [secret] });
  const names = own
    ? [
        ...[deployingEnvironments.own.live, deployingEnvironments.own.preview],
        ...(deployment.firstTo === undefined ? [] : [deployingEnvironments.own.first]),
      ]
    : [deployingEnvironments.client.live, deployingEnvironments.client.preview];
  const source =
    own || !deployment.sourceIsPrivate ? [] : [environment(deployingEnvironments.client.source(project), "SOURCE_KEY")];
  return { repository, environments: [...names.map((name) => environment(name, "CLOUDFLARE_API_TOKEN")), ...source] };
}
