import { RepositoryFile, type RepositoryFileArgs } from "@pulumi/github/repositoryFile";
import type * as pulumi from "@pulumi/pulumi";
import { type Transform, transformed } from "../transform/transform";
import type { CommitQueue } from "./commit-queue";

/** Files to commit to one branch of one repository. */
export interface RepositoryFiles {
  readonly repository: string;
  /** @example "main" */
  readonly branch: string;
  readonly commits: CommitQueue;
  /** Contents by path. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Commits files one after the other. A file that exists is overwritten.
 *
 * The credentials need the Workflows permission for paths under `.github/workflows`; without it GitHub answers 404, as if the
 * repository did not exist.
 */
export function commitFiles(
  parent: pulumi.Resource,
  name: string,
  target: RepositoryFiles,
  transform?: Transform<RepositoryFileArgs>,
  dependsOn: readonly pulumi.Resource[] = [],
): RepositoryFile[] {
  return Object.entries(target.files).map(([path, content]) => {
    const args: RepositoryFileArgs = {
      repository: target.repository,
      branch: target.branch,
      file: path,
      content,
      commitMessage: `Update ${path}`,
      overwriteOnCreate: true,
    };
    const options = { parent, dependsOn: [...dependsOn, ...target.commits.after(target.repository, target.branch)] };
    const file = new RepositoryFile(...transformed(transform, `${name}-${path}`, args, options));
    target.commits.add(target.repository, target.branch, file);
    return file;
  });
}
