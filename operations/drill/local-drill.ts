import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MissingProgramError, runProgram } from "../programs/external-program";
import { findLitestream } from "../programs/litestream-program";
import type { DrillEvidence } from "./evidence/drill-evidence";
import { type EndedDirectory, endLeftovers, LocalDirectory } from "./hosts/local-directory";
import { makeLocalDrillSite } from "./hosts/local-drill-site";
import { makeLocalPlan } from "./hosts/local-plan";
import { LocalSite } from "./hosts/local-site";
import { deployHosts } from "./hosts/sandbox-deployment";
import { type DrillRequest, type DrillTarget, endOnInterrupt, runDrill } from "./run-drill";

export interface LocalDrillRequest extends Omit<DrillRequest, "kind">, DrillTarget {
  /** Where programs that had to be fetched are kept. */
  readonly cache: string;
  /** By how much smaller databases are than on the real hosts. */
  readonly scale: number;
  /** Keeps the hosts' directories after the drill, for inspection. */
  readonly keep: boolean;
}

/**
 * A drill on two hosts that are made on this machine from the generated artifacts of the stack that installs on the hosts. What an earlier one left that
 * was killed is ended first.
 */
export async function runLocalDrill(request: LocalDrillRequest): Promise<DrillEvidence> {
  const { say, signal } = request;
  for (const left of await endLeftovers()) reportLeftover(say, left);
  const litestream = await findLitestream(request.cache);
  const azurite = await installAzurite(request.cache);
  const directory = await LocalDirectory.open({ keep: request.keep });
  say(`Litestream: ${litestream}; hosts: ${directory.path}`);
  try {
    const plan = await makeLocalPlan(directory, litestream, request.hosts);
    const deployed = await endOnInterrupt(deployHosts(request, plan), signal);
    return await runDrill({ ...request, kind: "local" }, async (scenario, seed, timeline) => {
      let undo = (): void => {};
      const prepare = () => {
        undo = scenario.prepare?.(plan) ?? undo;
      };
      const made = LocalSite.create({ plan, deployed, azurite, seed, scale: request.scale, prepare });
      const local = await endOnInterrupt(made, signal);
      const site = makeLocalDrillSite({ local, plan, deployed, timeline, seed, signal });
      const remove = async () => {
        await site.stop();
        await local.remove();
        undo();
      };
      return { site, remove };
    });
  } finally {
    for (const problem of directory.end().problems) say(problem);
  }
}

function reportLeftover(say: DrillRequest["say"], { path, ended, problems }: EndedDirectory): void {
  say(`left by a drill that was killed: ${path}, ${ended} processes ended`);
  for (const problem of problems) say(problem);
}

const pinned = join(__dirname, "store", "azurite");
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
