import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MissingProgramError, runProgram } from "../../programs/external-program";

const pinned = join(__dirname, "azurite");
const files = ["package.json", "package-lock.json"];

/**
 * The blob store's main module, installed with `npm ci` from the lock file beside this one the first time, and whenever that changes.
 * It is no dependency of the project: it is large, and nothing else needs it.
 *
 * @param cache for example `.drill`. `AZURITE` names another installation's `node_modules`
 * @throws {MissingProgramError} when npm cannot install it
 */
export async function installAzurite(cache: string): Promise<string> {
  const given = process.env.AZURITE;
  if (given !== undefined && given !== "") return mainModule(given);
  const directory = join(cache, "azurite");
  const lock = readFileSync(join(pinned, "package-lock.json"), "utf8");
  const done = join(directory, "installed-lock.json");
  if (!existsSync(done) || readFileSync(done, "utf8") !== lock) {
    mkdirSync(directory, { recursive: true });
    for (const file of files) copyFileSync(join(pinned, file), join(directory, file));
    const npm = ["ci", "--prefix", directory, "--ignore-scripts", "--no-audit", "--no-fund"];
    const { exitCode, stderr } = await runProgram("npm", npm, { timeoutSeconds: 600 });
    if (exitCode !== 0) {
      throw new MissingProgramError(
        `the drill's blob store cannot be installed: npm ${npm.join(" ")}\n${stderr.trim()}`,
      );
    }
    writeFileSync(done, lock);
  }
  return mainModule(join(directory, "node_modules"));
}

function mainModule(modules: string): string {
  const path = join(modules, "azurite", "dist", "src", "blob", "main.js");
  if (existsSync(path)) return path;
  throw new MissingProgramError(`${modules} has no azurite; unset AZURITE to have it installed`);
}
