import { ActionsEnvironmentSecret, type ActionsEnvironmentSecretArgs } from "@pulumi/github/actionsEnvironmentSecret";
import {
  ActionsRepositoryOidcSubjectClaimCustomizationTemplate as OidcSubject,
  type ActionsRepositoryOidcSubjectClaimCustomizationTemplateArgs as OidcSubjectArgs,
} from "@pulumi/github/actionsRepositoryOidcSubjectClaimCustomizationTemplate";
import { ActionsVariable, type ActionsVariableArgs } from "@pulumi/github/actionsVariable";
import { IssueLabel, type IssueLabelArgs } from "@pulumi/github/issueLabel";
import { Repository as GithubRepository, type RepositoryArgs as GithubRepositoryArgs } from "@pulumi/github/repository";
import { RepositoryEnvironment, type RepositoryEnvironmentArgs } from "@pulumi/github/repositoryEnvironment";
import { RepositoryEnvironmentDeploymentPolicy as DeployingBranch } from "@pulumi/github/repositoryEnvironmentDeploymentPolicy";
import type { RepositoryFileArgs } from "@pulumi/github/repositoryFile";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import { secretNotSet } from "../../lib/secret-not-set";
import { adopted } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { type Transform, transformed } from "../transform/transform";
import { type CommitQueue, commitFiles } from "./repository-files";
import { type EnvironmentEntry, type RepositoryEntry, repositorySchema } from "./schema";

export interface RepositoryArgs {
  readonly context: StackContext;
  /** The inventory entry: name, visibility, labels, variables, environments. */
  readonly repository: RepositoryEntry;
  /** Variables that other resources' outputs decide, beside those of the inventory. Default: none. */
  readonly variables?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Files to commit to one branch. Default: none. */
  readonly files?: {
    readonly branch: string;
    readonly commits: CommitQueue;
    readonly contents: Readonly<Record<string, string>>;
  };
  /**
   * The claims that the subject of an OIDC token is made of. Default: GitHub's own, `repo:<owner>/<name>:…`.
   *
   * @example ["repo", "context", "job_workflow_ref"]
   */
  readonly oidcSubjectClaims?: readonly string[];
  readonly transform?: {
    readonly repository?: Transform<GithubRepositoryArgs>;
    readonly label?: Transform<IssueLabelArgs>;
    readonly variable?: Transform<ActionsVariableArgs>;
    readonly environment?: EnvironmentTransforms["environment"];
    readonly secret?: EnvironmentTransforms["secret"];
    readonly file?: Transform<RepositoryFileArgs>;
    readonly oidcSubject?: Transform<OidcSubjectArgs>;
  };
}

/**
 * What an adopted repository has and the inventory does not speak of: an import is refused when a single value differs, so these stay
 * as they are.
 */
const leftAlone = [
  "allowAutoMerge",
  "allowMergeCommit",
  "allowRebaseMerge",
  "allowSquashMerge",
  "allowUpdateBranch",
  "archiveOnDestroy",
  "autoInit",
  "deleteBranchOnMerge",
  "description",
  "hasDiscussions",
  "hasDownloads",
  "hasIssues",
  "hasProjects",
  "hasWiki",
  "homepageUrl",
  "topics",
];

/**
 * A GitHub repository: labels, variables, files, environments with their secrets, and what its workflows' tokens say of it.
 *
 * @example
 * ```ts
 * new Repository("alai-infra", { context, repository: entry, variables: { CLOUDFLARE_ACCOUNT_ID: accountId } });
 * ```
 */
export class Repository extends pulumi.ComponentResource {
  /** The name at GitHub, available when the repository is. */
  readonly repositoryName: pulumi.Output<string>;
  /** For OIDC federation: `owner/name`. */
  readonly fullName: pulumi.Output<string>;

  constructor(name: string, args: RepositoryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:repository:Repository", name, {}, opts);
    refuseProblems(name, args);

    const repository = this.addRepository(name, args);
    this.repositoryName = repository.name;
    this.fullName = repository.fullName;
    this.addLabels(name, args);
    this.addVariables(name, args);
    for (const environment of args.repository.environments)
      addEnvironment(this, name, { repository: this.repositoryName, environment }, args.transform);
    if (args.oidcSubjectClaims !== undefined) {
      const claims = {
        repository: this.repositoryName,
        useDefault: false,
        includeClaimKeys: [...args.oidcSubjectClaims],
      };
      new OidcSubject(...transformed(args.transform?.oidcSubject, name, claims, { parent: this }));
    }
    if (args.files !== undefined) {
      const { branch, commits, contents } = args.files;
      const target = { repository: args.repository.name, branch, commits, files: contents };
      commitFiles(this, name, target, args.transform?.file, [repository]);
    }
    this.registerOutputs({ repositoryName: this.repositoryName, fullName: this.fullName });
  }

  private addRepository(name: string, args: RepositoryArgs): GithubRepository {
    const { repository, context } = args;
    const settings: GithubRepositoryArgs = {
      name: repository.name,
      visibility: repository.visibility,
      hasIssues: true,
      deleteBranchOnMerge: true,
      // Destroying a repository would destroy its history.
      archiveOnDestroy: true,
      ...(repository.description === undefined ? {} : { description: repository.description }),
    };
    const { retired } = repository;
    const options = {
      parent: this,
      ...adopted(context, repository.adopt ? repository.name : undefined, retired),
      // It stays at GitHub: nothing brings its history back.
      ...(retired && { retainOnDelete: true }),
      ...(repository.adopt ? { ignoreChanges: leftAlone } : {}),
    };
    return new GithubRepository(...transformed(args.transform?.repository, name, settings, options));
  }

  private addLabels(name: string, args: RepositoryArgs): void {
    for (const label of args.repository.labels) {
      const labelArgs = { repository: this.repositoryName, ...label };
      new IssueLabel(...transformed(args.transform?.label, `${name}-${label.name}`, labelArgs, { parent: this }));
    }
  }

  private addVariables(name: string, args: RepositoryArgs): void {
    for (const [variableName, value] of Object.entries({ ...args.repository.variables, ...args.variables })) {
      const variable = { repository: this.repositoryName, variableName, value };
      new ActionsVariable(
        ...transformed(args.transform?.variable, `${name}-${variableName}`, variable, { parent: this }),
      );
    }
  }
}

interface EnvironmentTransforms {
  readonly environment?: Transform<RepositoryEnvironmentArgs> | undefined;
  readonly secret?: Transform<ActionsEnvironmentSecretArgs> | undefined;
}

/**
 * Makes a deployment environment of a repository. Only the branches that it names reach its secrets.
 *
 * The secrets are a person's to set (`gh secret set`): the program makes them, and never knows them. Whoever previews a stack decrypts
 * its state, and previews run what nobody has reviewed.
 *
 * @returns what must be there before a workflow runs
 */
export function addEnvironment(
  parent: pulumi.Resource,
  name: string,
  { repository, environment }: { readonly repository: pulumi.Input<string>; readonly environment: EnvironmentEntry },
  transform: EnvironmentTransforms = {},
): pulumi.Resource[] {
  const { reviewers, branches } = environment;
  const logicalName = `${name}-${environment.name}`;
  const environmentArgs: RepositoryEnvironmentArgs = {
    repository,
    environment: environment.name,
    // Somebody who may skip the approval makes it worthless.
    canAdminsBypass: false,
    preventSelfReview: reviewers !== undefined && !environment.selfReview,
    ...(reviewers === undefined ? {} : { reviewers: [{ teams: reviewers.teams, users: reviewers.users }] }),
    // Never "protected branches": a ruleset protects none in that sense, and where none is protected every branch deploys.
    deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
  };
  const made = new RepositoryEnvironment(
    ...transformed(transform.environment, logicalName, environmentArgs, { parent }),
  );
  const place = { repository, environment: environment.name };
  const limits = branches.map(
    (branchPattern) =>
      new DeployingBranch(`${logicalName}-${branchPattern}`, { ...place, branchPattern }, { parent: made }),
  );
  const secrets = environment.secrets.map((secretName) => {
    const secret: ActionsEnvironmentSecretArgs = { ...place, secretName, value: secretNotSet };
    // As the provider's documentation says of a value that is set outside the program. A secret comes after the branches are limited.
    const options = { parent: made, dependsOn: limits, ignoreChanges: ["value", "remoteUpdatedAt"] };
    return new ActionsEnvironmentSecret(
      ...transformed(transform.secret, `${logicalName}-${secretName}`, secret, options),
    );
  });
  return [made, ...limits, ...secrets];
}

/** @throws with everything that is wrong with the arguments */
function refuseProblems(name: string, args: RepositoryArgs): void {
  const twice = Object.keys(args.variables ?? {}).filter((variable) => variable in args.repository.variables);
  const problems = twice.map((variable) => ({
    path: ["variables", variable],
    message: "is set by the inventory and by the program; keep one of them",
  }));
  refuse(
    `Repository "${name}"`,
    [...argumentProblems(repositorySchema, args.repository), ...problems],
    args.repository,
  );
}
