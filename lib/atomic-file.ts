import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces a file at once or not at all: written beside it, made safe, moved into place. One writer at a time. Throws what the file system says; the file is then as it was. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** The move itself is only safe once the directory is; some systems cannot open one, which is then their way of being safe. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
