import { closeSync, constants, existsSync, fstatSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * No inventory file may be larger: ALAI's largest has 20 KB, a hundred times its sites 250 KB.
 * Larger ones are refused unread, because parsing 10 MB of YAML takes half a minute.
 */
const maxFileBytes = 2 * 1024 * 1024;

/** A file's text, or why it has none. */
export type FileText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Reads a file as UTF-8, with or without a byte order mark. */
export function readFileText(path: string): FileText {
  try {
    const bytes = readRegularFile(path, maxFileBytes);
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    return { kind: "refused", reason: whyUnreadable(error) };
  }
}

/**
 * Reads a file that has to be one: a pipe or a device would keep the reader waiting for ever.
 *
 * @param limit in bytes. Default: none
 * @throws what the file system says, {@link UnusableFile} for what is no regular file or too large
 */
export function readRegularFile(path: string, limit = Number.POSITIVE_INFINITY): Buffer {
  const descriptor = openRegularFile(path, constants.O_RDONLY);
  try {
    const { size } = fstatSync(descriptor);
    if (size > limit) throw new UnusableFile(tooLarge(size, limit));
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Opens a file that has to be one, without waiting for somebody at the other end of a pipe. */
export function openRegularFile(path: string, flags: number, mode?: number): number {
  // Windows has no such flag, and no pipes in its file system.
  const descriptor = openSync(path, flags | (constants.O_NONBLOCK ?? 0), mode);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new UnusableFile("expected a file, got a directory, a pipe or a device");
}

/** A path that leads to something else than a file that can be read. */
export class UnusableFile extends Error {
  override readonly name = "UnusableFile";
}

function tooLarge(bytes: number, limit: number): string {
  const megabytes = (size: number) => (size / 1024 / 1024).toFixed(1);
  return `the file has ${megabytes(bytes)} MB, the limit is ${megabytes(limit)} MB`;
}

/** To follow the file's name. */
export function whyUnreadable(error: unknown): string {
  if (error instanceof UnusableFile) return error.message;
  if (error instanceof TypeError) return "the file is not UTF-8 text; save it as UTF-8";
  const code = errorCode(error);
  if (code === "ENOENT") return "the file is missing";
  if (code === "EACCES" || code === "EPERM") return "the file may not be read: check its permissions";
  if (code === "EISDIR" || code === "ENXIO") return "expected a file, got a directory, a pipe or a device";
  return `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

/**
 * Makes a directory and those above it that are missing. Node's own way tries for ever where nothing can be made, as below `/proc`.
 *
 * @throws what the file system says
 */
export function makeDirectory(path: string): void {
  const full = resolve(path);
  const missing: string[] = [];
  for (let above = full; !existsSync(above) && dirname(above) !== above; above = dirname(above)) missing.unshift(above);
  for (const directory of missing) {
    try {
      mkdirSync(directory);
    } catch (error) {
      // Somebody else made it meanwhile, or it is no directory, which is told below.
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }
  if (!statSync(full).isDirectory()) {
    throw Object.assign(new Error(`ENOTDIR: not a directory, ${full}`), { code: "ENOTDIR", path: full });
  }
}

/** Why something could not be written, and what to do; undefined for what is no error of a disk. */
export function diskProblem(cause: unknown): string | undefined {
  switch (errorCode(cause)) {
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full; free some space and run again";
    case "EACCES":
    case "EPERM":
      return "no permission to write there; check the owner and mode of the directory";
    case "EROFS":
      return "the file system is read-only; choose another place, or mount it to be written";
    case "EEXIST":
      return "something else is there already; move it away, or choose another place";
    case "ENOTDIR":
      return "a part of the path is not a directory; move it away, or choose another place";
    case "ENXIO":
      return "a pipe or a device is there in the place of a file; move it away";
    case "EISDIR":
      return "a directory is there in the place of a file; move it away";
    case "ENAMETOOLONG":
      return "the name is too long for the file system; choose another place";
    case "EIO":
      return "the disk reports an error; check it before anything is written again";
    default:
      return undefined;
  }
}

/** {@link diskProblem}, or what the system says. */
export function writeProblem(cause: unknown): string {
  if (errorCode(cause) === "ENOENT") return "no directory can be made there; choose another place";
  return diskProblem(cause) ?? `cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`;
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
