import { closeSync, constants, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const { O_CREAT, O_NONBLOCK, O_TRUNC, O_WRONLY } = constants;

export interface AtomicWrite {
  /** Permissions of the new file, whatever the process's mask takes away. Default: 0o644, less the mask. */
  readonly mode?: number;
  /** Whether other processes may write the file at the same time; the last one wins then. Default: false. */
  readonly severalWriters?: boolean;
}

/**
 * Replaces a file at once or not at all: written beside it, made safe on the disk, moved into place. A reader, and a crash, see the
 * old file or the new one.
 *
 * @throws what the file system says; the file is then as it was
 */
export function writeAtomically(path: string, content: string | Uint8Array, options: AtomicWrite = {}): void {
  const { mode = 0o644, severalWriters = false } = options;
  // What a crash leaves of the one name is overwritten by the next write.
  const draft = severalWriters ? `${path}.${process.pid}.tmp` : `${path}.tmp`;
  try {
    // A pipe in its place is an error, not something to wait for.
    const file = openSync(draft, O_WRONLY | O_CREAT | O_TRUNC | (O_NONBLOCK ?? 0), mode);
    try {
      if (options.mode !== undefined) fchmodSync(file, mode);
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    syncDirectory(dirname(path));
  } catch (error) {
    rmSync(draft, { force: true });
    // A full disk is told of a descriptor, without the file's name.
    throw error instanceof Error && !("path" in error) ? Object.assign(error, { path }) : error;
  }
}

/** The move itself is only safe once the directory is; Windows cannot open one, and has its own way of being safe. */
function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
