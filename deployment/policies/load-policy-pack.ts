import { readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadRulePack } from "../../policies/rule-pack";
import { AnalyzerProcess } from "./analyzer-process";
import { InProcessAnalyzer } from "./in-process-analyzer";
import type { PolicyAnalyzer, PolicyPackContext } from "./policy-analyzer";
import { PolicyPackError } from "./policy-pack-error";
import { readPolicyPackManifest } from "./policy-pack-manifest";

/** This project's own pack. */
const ownPack = join(__dirname, "..", "..", "policies");

/**
 * Loads a policy pack: this project's own into this process, any other into a process of its own.
 *
 * @param directory where the pack's `PulumiPolicy.yaml` is, relative to the working directory; also part of the pack's label
 * @param context what the pack may know of the run; this project's own needs none
 * @throws PolicyPackError when the pack does not load: nothing may be deployed then
 */
export async function loadPolicyPack(directory: string, context?: PolicyPackContext): Promise<PolicyAnalyzer> {
  return isOwnPack(directory) ? loadOwnPack(directory) : AnalyzerProcess.start(directory, context);
}

function isOwnPack(directory: string): boolean {
  try {
    return realpathSync(resolve(directory)) === realpathSync(ownPack);
  } catch {
    return false;
  }
}

function loadOwnPack(directory: string): PolicyAnalyzer {
  const manifest = readPolicyPackManifest(directory);
  try {
    return new InProcessAnalyzer(loadRulePack(), manifest.version ?? packageVersion(), directory);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PolicyPackError(directory, "load", `policy pack ${directory} failed to load:\n${reason}`);
  }
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(ownPack, "package.json"), "utf8"));
  const hasVersion = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return hasVersion && typeof manifest.version === "string" ? manifest.version : "0.0.0";
}
