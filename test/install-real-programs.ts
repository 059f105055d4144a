import { join } from "node:path";
import { installAzurite } from "../operations/drill/local-drill";
import { executableOnPath, MissingProgramError, runProgram } from "../operations/programs/external-program";
import { findLitestream } from "../operations/programs/litestream-program";
import { buildPulumi } from "../operations/programs/pulumi-program";
import { realPrograms, zizmorDirectory, zizmorVersion } from "./real-programs";

/** What some tests run for real. Where one cannot be had, its tests are skipped by name, and this says why. */
async function install(): Promise<void> {
  const cache = join(__dirname, "..", ".drill");
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const pulumi = buildPulumi({ cache, say });
  const results = await Promise.allSettled([findLitestream(cache), installAzurite(cache), installZizmor(), pulumi]);
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    if (!(result.reason instanceof MissingProgramError)) throw result.reason;
    say(result.reason.message);
  }
}

/** From PyPI, which has it as a program for each platform. */
async function installZizmor(): Promise<void> {
  if (realPrograms.zizmor !== undefined) return;
  const python = executableOnPath("python3");
  if (python === undefined) throw new MissingProgramError(`zizmor ${zizmorVersion} is needed, and there is no python3`);
  const args = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-deps",
    "--target",
    zizmorDirectory,
    `zizmor==${zizmorVersion}`,
  ];
  const { exitCode, stderr } = await runProgram(python, args, { timeoutSeconds: 300 });
  if (exitCode !== 0)
    throw new MissingProgramError(`zizmor ${zizmorVersion} is needed, and pip failed:\n${stderr.trim()}`);
}

void install();
