import { dirname } from "node:path";
import { makeDirectory } from "../lib/file-access";
import { describeHolder, tryLock } from "../lib/lock/lock-file.cjs";
import { CommandError, exitCodes } from "./exit-codes";

/**
 * Lets one command at a time do something from this machine.
 *
 * @param path the lock's file; its directory is made
 * @param what is done. @example "the takeover of latticeforge-dr"
 * @returns gives it free again
 * @throws {CommandError} naming who holds it
 */
export function takeMachineLock(path: string, command: string, what: string): () => void {
  makeDirectory(dirname(path));
  const attempt = tryLock(path, `npm run ${command}`);
  if (attempt.taken) return attempt.release;
  throw new CommandError(exitCodes.error, `${what} is ${describeHolder(path, attempt.owner)}`);
}
