// Plain JavaScript without dependencies, as test.mjs, which runs before a type check has passed.
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** Where Linux keeps files in memory. */
const memory = "/dev/shm";
/** Bytes that must be free there. All tests together had 90 MB there at the most. */
const enough = 1024 ** 3;

/**
 * Where tests make their directories. They copy this project a hundred times and delete it again, for which a disk takes seconds each:
 * so in memory, if enough is free there and programs may run from it; else where temporary files always are.
 */
export function temporaryRoot() {
  if (process.env.TMPDIR !== undefined || !existsSync("/proc/mounts") || !existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return isFit(readFileSync("/proc/mounts", "utf8"), bavail * bsize) ? memory : tmpdir();
}

/** @param {string} mounts what /proc/mounts says @param {number} free bytes */
export function isFit(mounts, free) {
  const mount = mounts.split("\n").find((line) => line.split(" ")[1] === memory);
  const [, , type, options = ""] = mount?.split(" ") ?? [];
  return type === "tmpfs" && !options.split(",").includes("noexec") && free >= enough;
}
