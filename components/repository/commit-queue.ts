import type * as pulumi from "@pulumi/pulumi";

/**
 * The order of our commits to each branch of each repository.
 *
 * GitHub refuses a commit whose parent is no longer the branch's head ("is at X but expected Y", 409), so two files of one branch
 * are never written at once: each waits for the one before it. A stack makes one queue and gives it to every component that commits.
 */
export class CommitQueue {
  private readonly last = new Map<string, pulumi.Resource>();

  /** What the next file of this branch waits for. */
  after(repository: string, branch: string): pulumi.Resource[] {
    const resource = this.last.get(key(repository, branch));
    return resource === undefined ? [] : [resource];
  }

  /** Puts a file at the end of its branch's queue. */
  add(repository: string, branch: string, file: pulumi.Resource): void {
    this.last.set(key(repository, branch), file);
  }
}

/** Names of repositories are compared as GitHub does, without regard to case; names of branches exactly. */
function key(repository: string, branch: string): string {
  return `${repository.toLowerCase()}:${branch}`;
}
