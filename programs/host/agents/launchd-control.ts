import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HostSettings } from "../host-settings";

const run = promisify(execFile);
const timeout = 20_000;

/** Where launchd finds the agent with this label when its user logs in. */
export function propertyListOf({ agentsDirectory }: HostSettings, label: string): string {
  return join(agentsDirectory, `${label}.plist`);
}

/** Loads an agent, now and at each login. @returns why it does not run; undefined when it does */
export async function startAgent(settings: HostSettings, label: string): Promise<string | undefined> {
  const list = propertyListOf(settings, label);
  if (!existsSync(list)) return `${label} has no ${list}`;
  await launchctl(settings, ["enable", target(label)]);
  if (await isLoaded(settings, label)) return undefined;
  const failure = await launchctl(settings, ["bootstrap", domain(), list]);
  return failure === undefined || (await isLoaded(settings, label)) ? undefined : `${label} does not start: ${failure}`;
}

/**
 * Ends an agent, now and at each login: launchd would load again at the next one what is only unloaded.
 *
 * @returns why it still runs; undefined when it does not
 */
export async function stopAgent(settings: HostSettings, label: string): Promise<string | undefined> {
  await launchctl(settings, ["disable", target(label)]);
  if (!(await isLoaded(settings, label))) return undefined;
  const failure = await launchctl(settings, ["bootout", target(label)]);
  if (!(await isLoaded(settings, label))) return undefined;
  return `${label} does not stop: ${failure ?? "it has not ended yet"}`;
}

/** Also while its process ends: launchd then shows it as SIGTERMed (kxn/codex-remote-feishu#914). */
async function isLoaded(settings: HostSettings, label: string): Promise<boolean> {
  return (await launchctl(settings, ["print", target(label)])) === undefined;
}

/** `launchctl print` of a label that launchd does not have. */
const noSuchService = 113;

/**
 * The same for whoever must not mistake a launchd that does not answer for an agent that does not run.
 *
 * @throws when launchd does not answer
 */
export async function isSurelyLoaded(settings: HostSettings, label: string): Promise<boolean> {
  try {
    await run(settings.programs.launchctl, ["print", target(label)], { timeout });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === noSuchService) return false;
    throw new Error(`launchd does not say whether ${label} runs`, { cause: error });
  }
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
