import type * as pulumi from "@pulumi/pulumi";
import { Sequence } from "../sequence/sequence";

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
