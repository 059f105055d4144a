import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HostSettings } from "../host-settings";

const run = promisify(execFile);
const timeout = 20_000;

/**
 * Starts or stops the programs that only the primary runs.
 *
 * Stopping also disables them: launchd would start them again at the next login, before anybody has asked the lease.
 *
 * @returns what did not work, in words; nothing when all did
 */
export async function setPrimaryAgents(settings: HostSettings, runs: boolean): Promise<readonly string[]> {
  const problems = await Promise.all(settings.primaryOnlyAgents.map((label) => (runs ? start : stop)(settings, label)));
  return problems.filter((problem) => problem !== undefined);
}

async function start(settings: HostSettings, label: string): Promise<string | undefined> {
  const list = join(settings.agentsDirectory, `${label}.plist`);
  if (!existsSync(list)) return `${label} is to run on the primary and has no ${list}`;
  await launchctl(settings, ["enable", target(label)]);
  if (await isLoaded(settings, label)) return undefined;
  const failure = await launchctl(settings, ["bootstrap", domain(), list]);
  return failure === undefined || (await isLoaded(settings, label)) ? undefined : `${label} does not start: ${failure}`;
}

async function stop(settings: HostSettings, label: string): Promise<string | undefined> {
  await launchctl(settings, ["disable", target(label)]);
  if (!(await isLoaded(settings, label))) return undefined;
  const failure = await launchctl(settings, ["bootout", target(label)]);
  return failure === undefined || !(await isLoaded(settings, label)) ? undefined : `${label} does not stop: ${failure}`;
}

async function isLoaded(settings: HostSettings, label: string): Promise<boolean> {
  return (await launchctl(settings, ["print", target(label)])) === undefined;
}

/** @returns why it failed */
async function launchctl(settings: HostSettings, args: readonly string[]): Promise<string | undefined> {
  try {
    await run(settings.programs.launchctl, [...args], { timeout });
    return undefined;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    return said.split("\n")[0] || (error instanceof Error ? error.message : String(error));
  }
}

function domain(): string {
  return `gui/${process.getuid?.() ?? 501}`;
}

function target(label: string): string {
  return `${domain()}/${label}`;
}
