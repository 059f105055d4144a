import {
  ActionsRepositoryOidcSubjectClaimCustomizationTemplate as OidcSubject,
  type ActionsRepositoryOidcSubjectClaimCustomizationTemplateArgs as OidcSubjectArgs,
} from "@pulumi/github/actionsRepositoryOidcSubjectClaimCustomizationTemplate";
import type { RepositoryFileArgs } from "@pulumi/github/repositoryFile";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import { jobSubjectClaims } from "../github-actions/oidc-subjects";
import { type Job, type Workflow, type WorkflowCall, workflowYaml } from "../github-actions/workflow";
import { type CommitQueue, commitFiles } from "../repository/repository-files";
import { addRepositoryRules, type RepositoryRules } from "../repository/repository-rules";
import { type Transform, transformed } from "../transform/transform";
import { ciWorkflow } from "./ci-workflow";
import { productionWorkflow, stagingWorkflow } from "./deploy-workflows";
import { loadWorkflow, migrationWorkflow, securityWorkflow } from "./maintenance-workflows";
import { type ApplicationPlan, applicationArguments, applicationCheck, applicationWorkflows } from "./schema";

export interface AppReleaseArgs extends RepositoryRules {
  readonly application: ApplicationPlan;
  readonly commits: CommitQueue;
  readonly transform?: RepositoryRules["transform"] & {
    readonly file?: Transform<RepositoryFileArgs>;
    readonly oidcSubject?: Transform<OidcSubjectArgs>;
  };
}

/** The workflows of an application, by file name. */
export function applicationFiles(
  plan: ApplicationPlan,
): Readonly<Record<string, Workflow | Workflow<Job | WorkflowCall>>> {
  const { load, migrations, migrates, stages } = plan;
  return {
    [applicationWorkflows.ci]: ciWorkflow(plan),
    [applicationWorkflows.staging]: stagingWorkflow(plan),
    [applicationWorkflows.production]: productionWorkflow(plan),
    [applicationWorkflows.security]: securityWorkflow(plan),
    ...(load === undefined ? {} : { [applicationWorkflows.load]: loadWorkflow(load, stages[0].environment) }),
    ...(migrations === undefined || migrates === undefined
      ? {}
      : { [applicationWorkflows.migrate]: migrationWorkflow({ ...plan, migrations, migrates }) }),
  };
}

/**
 * The way of an application from a change to production, in its own repository: its workflows, what a change of its branch needs, and
 * what the tokens of its runs say of them (docs/decisions/0057). The repository itself, with its environments, is a `Repository`.
 *
 * @example
 * ```ts
 * new AppRelease("latticeforge", { repository: repository.repositoryName, application: plan, commits, owners, rulesets: "offered", deployingApp: 600001 });
 * ```
 */
export class AppRelease extends pulumi.ComponentResource {
  constructor(name: string, args: AppReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:app-release:AppRelease", name, {}, opts);
    refuse(`AppRelease "${name}"`, argumentProblems(applicationArguments, args), args);
    const { repository, application, commits, transform } = args;
    // What decides over production is the owners': the workflows.
    const needs = { checks: [applicationCheck], owned: [".github/**/*"], calls: [application.releasedBy] };
    addRepositoryRules(this, name, args, needs);
    const claims = { repository, useDefault: false, includeClaimKeys: [...jobSubjectClaims] };
    const subject = new OidcSubject(...transformed(transform?.oidcSubject, name, claims, { parent: this }));
    const files = Object.entries(applicationFiles(application)).map(
      ([file, workflow]) => [`.github/workflows/${file}`, workflowYaml(workflow)] as const,
    );
    const target = { repository: application.repository, branch: application.branch, commits };
    // A run that signs in needs its subject before.
    commitFiles(this, name, { ...target, files: Object.fromEntries(files) }, transform?.file, [subject]);
    this.registerOutputs({});
  }
}
