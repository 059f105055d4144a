import { getActionsRepositoryOidcSubjectClaimCustomizationTemplateOutput as getSubjectTemplate } from "@pulumi/github/getActionsRepositoryOidcSubjectClaimCustomizationTemplate";
import { getOrganizationOutput } from "@pulumi/github/getOrganization";
import { getRepositoryOutput } from "@pulumi/github/getRepository";
import { all, type Output, output } from "@pulumi/pulumi";
import { refusal } from "../../lib/refusal";
import type { FederatedCredential } from "../identity/managed-identity";

/**
 * In which form the subject of a workflow's token is believed. By name alone, whoever gets the name of a deleted organisation or
 * repository gets its rights; ids are never given again. GitHub sends ids for repositories made, renamed or moved since 15 July 2026
 * and for those that ask for it: `both` until this one does, then `ids`.
 *
 * Source: github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
 */
export type SubjectForm = "both" | "ids";

/** A repository whose workflows sign in elsewhere. */
export interface WorkflowRepository {
  readonly owner: string;
  readonly name: string;
  readonly subjects: SubjectForm;
}

/** Runs that may sign in, by the end of the subject that GitHub gives them. @example { name: "drift", run: "environment:drift" } */
export interface TrustedRun {
  readonly name: string;
  readonly run: string;
}

/**
 * What an identity believes of GitHub's tokens, so that these runs of a repository, and no others, become it.
 *
 * @throws when the repository has a subject of its own making: none of its runs could sign in
 */
export function trustRuns(repository: WorkflowRepository, runs: readonly TrustedRun[]): FederatedCredential[] {
  const { owner, name, subjects } = repository;
  const withIds = repositoryWithIds(repository);
  return runs.flatMap((trusted) => [
    ...(subjects === "both" ? [{ name: trusted.name, subject: `repo:${owner}/${name}:${trusted.run}` }] : []),
    { name: `${trusted.name}-by-id`, subject: withIds.apply((path) => `repo:${path}:${trusted.run}`) },
  ]);
}

/** @example "alai-org@1000001/alai-infra@4000009" */
function repositoryWithIds({ owner, name }: WorkflowRepository): Output<string> {
  const organization = getOrganizationOutput({ name: owner, summaryOnly: true });
  const repository = getRepositoryOutput({ fullName: `${owner}/${name}` });
  const { useDefault } = getSubjectTemplate({ name });
  return all([organization.id, repository.repoId, output(useDefault)]).apply(([ownerId, repositoryId, isDefault]) => {
    if (isDefault) return `${owner}@${ownerId}/${name}@${repositoryId}`;
    throw refusal(`repository "${name}"`, [
      `its OIDC subject is customized, so that no workflow could sign in; go back to GitHub's own: gh api --method PUT repos/${owner}/${name}/actions/oidc/customization/sub -F use_default=true`,
    ]);
  });
}

/**
 * The claims that the subjects of an application's repository are made of: who it is by ids, which are never given again, where a job
 * runs, and whose workflow the job is from. So a job of a workflow that it calls is another one than a job of its own.
 *
 * Source: docs.github.com/en/actions/reference/security/oidc, "Customizing the subject claims for an organization or repository"
 */
export const jobSubjectClaims = ["repository_owner_id", "repository_id", "context", "job_workflow_ref"] as const;

/** Runs of jobs from one workflow. @example { name: "release", run: "environment:staging", workflow: "org/infra/.github/workflows/release.yml@refs/heads/main" } */
export interface TrustedJob extends TrustedRun {
  /** Where the job is written: the workflow that is called, not the one that calls it. */
  readonly workflow: string;
}

/** What an identity believes of the jobs of a repository whose subjects are made of {@link jobSubjectClaims}. */
export function trustJobs(
  { owner, name }: Pick<WorkflowRepository, "owner" | "name">,
  jobs: readonly TrustedJob[],
): FederatedCredential[] {
  const organization = getOrganizationOutput({ name: owner, summaryOnly: true });
  const repository = getRepositoryOutput({ fullName: `${owner}/${name}` });
  return jobs.map(({ name: credential, run, workflow }) => ({
    name: credential,
    subject: all([organization.id, repository.repoId]).apply(
      ([ownerId, repositoryId]) =>
        `repository_owner_id:${ownerId}:repository_id:${repositoryId}:${run}:job_workflow_ref:${workflow}`,
    ),
  }));
}
