import { RepositoryFile, type RepositoryFileArgs } from "@pulumi/github/repositoryFile";
import type * as pulumi from "@pulumi/pulumi";
import { Sequence } from "../sequence/sequence";
import { type Transform, transformed } from "../transform/transform";

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

/**
 * The order of our commits to each branch of each repository.
 *
 * GitHub refuses a commit whose parent is no longer the branch's head ("is at X but expected Y", 409), so two files of one branch
 * are never written at once: each waits for those before it. A stack makes one queue and gives it to every component that commits.
 */
export class CommitQueue {
  private readonly branches = new Map<string, Sequence>();

  /** What the next file of this branch waits for. */
  after(repository: string, branch: string): pulumi.Resource[] {
    return this.branches.get(key(repository, branch))?.before ?? [];
  }

  /** Puts a file at the end of its branch's queue. */
  add(repository: string, branch: string, file: pulumi.Resource): void {
    const files = this.branches.get(key(repository, branch)) ?? new Sequence();
    files.add(file);
    this.branches.set(key(repository, branch), files);
  }
}

/** Names of repositories are compared as GitHub does, without regard to case; names of branches exactly. */
function key(repository: string, branch: string): string {
  return `${repository.toLowerCase()}:${branch}`;
}
