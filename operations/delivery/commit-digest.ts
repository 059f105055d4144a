import { execFileSync } from "node:child_process";
import { canonicalDigest } from "./canonical-digest";

/** Largest difference that is read to tell two working trees apart. */
const largestDifferenceBytes = 256 * 1024 * 1024;

/**
 * What the program of a directory is: its commit, and where files differ from it, a digest of the differences. A directory outside
 * git has none, and two plans of it cannot be told apart by this.
 */
export function commitDigest(directory: string): string {
  const commit = headCommit(directory);
  if (commit === undefined) return "none";
  if (git(directory, ["status", "--porcelain"]) === "") return commit;
  const unknown = git(directory, ["ls-files", "--others", "--exclude-standard"]) ?? "";
  const contents = git(directory, ["hash-object", "--stdin-paths"], `${unknown}\n`);
  const changes = [git(directory, ["diff", "HEAD", "--binary"]), unknown, contents];
  return `${commit} with changes ${canonicalDigest(changes).slice(0, 12)}`;
}

/** The commit that is checked out; undefined outside git. */
export function headCommit(directory: string): string | undefined {
  return git(directory, ["rev-parse", "HEAD"]);
}

function git(directory: string, args: readonly string[], input = ""): string | undefined {
  try {
    return execFileSync("git", [...args], {
      cwd: directory,
      encoding: "utf8",
      maxBuffer: largestDifferenceBytes,
      input,
      stdio: ["pipe", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}
