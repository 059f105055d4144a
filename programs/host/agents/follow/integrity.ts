import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const timeout = 120_000;

/**
 * Whether SQLite finds no fault in a file that nobody writes.
 *
 * @param sqlite3 the program
 * @param say is told what is wrong
 */
export async function isSound(sqlite3: string, file: string, say: (line: string) => void): Promise<boolean> {
  try {
    // Immutable: a copy in WAL mode would get a log of its own from being read.
    const uri = `file:${encodeURI(file)}?immutable=1`;
    const { stdout } = await run(sqlite3, ["-readonly", uri, "PRAGMA integrity_check(1)"], { timeout });
    if (stdout.trim() === "ok") return true;
    say(`${file}: ${stdout.trim().split("\n")[0]}`);
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split("\n").at(-1) : error;
    say(`${file}: the integrity check failed: ${why}`);
  }
  return false;
}
