import { execFileSync } from "node:child_process";

/** Largest list of paths that is read. */
const largestListBytes = 64 * 1024 * 1024;

/**
 * The paths that differ between where `base` and the checked-out commit parted and that commit, also deleted ones. Undefined when the
 * two cannot be compared: a first push, or a history that was cut off or rewritten. Then everything may have changed.
 */
export function changedPaths(directory: string, base: string): readonly string[] | undefined {
  // A name that begins with a dash would be an option.
  if (!/^[0-9A-Za-z][\w./~^-]*$/.test(base) || /^0+$/.test(base)) return undefined;
  try {
    const options = { cwd: directory, encoding: "utf8", maxBuffer: largestListBytes, stdio: "pipe" } as const;
    const paths = execFileSync("git", ["diff", "--name-only", "--no-renames", "-z", `${base}...HEAD`], options);
    return paths.split("\0").filter((path) => path !== "");
  } catch {
    return undefined;
  }
}
