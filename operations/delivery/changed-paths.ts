import { execFileSync } from "node:child_process";

/** Largest list of paths that is read. */
const largestListBytes = 64 * 1024 * 1024;

/** What differs from another commit. */
export interface ChangedPaths {
  /** From the root, sorted; also of deleted files. */
  readonly paths: readonly string[];
  /** How many of them differ from the checked-out commit: edited, deleted or new, and not committed. */
  readonly uncommitted: number;
}

/**
 * The paths that differ between where `base` and the checked-out commit parted and the working directory, so that what is not
 * committed counts too. Undefined when the two cannot be compared: a first push, or a history that was cut off or rewritten. Then
 * everything may have changed.
 */
export function changedPaths(directory: string, base: string): ChangedPaths | undefined {
  // A name that begins with a dash would be an option.
  if (!/^[0-9A-Za-z][\w./~^-]*$/.test(base) || /^0+$/.test(base)) return undefined;
  const list = (...args: readonly string[]): string[] => {
    const options = { cwd: directory, encoding: "utf8", maxBuffer: largestListBytes, stdio: "pipe" } as const;
    return execFileSync("git", [...args, "-z"], options)
      .split("\0")
      .filter((path) => path !== "");
  };
  try {
    const committed = list("diff", "--name-only", "--no-renames", `${base}...HEAD`);
    const edited = list("diff", "--name-only", "--no-renames", "HEAD");
    const uncommitted = new Set([...edited, ...list("ls-files", "--others", "--exclude-standard")]);
    return { paths: [...new Set([...committed, ...uncommitted])].sort(), uncommitted: uncommitted.size };
  } catch {
    return undefined;
  }
}
