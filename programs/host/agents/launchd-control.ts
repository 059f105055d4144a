import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HostSettings } from "../host-settings";

const run = promisify(execFile);
const timeout = 20_000;
/** Of a listing, which a host's health waits for. */
const listTimeout = 5000;

/** Where launchd finds the agent with this label when its user logs in. */
export function propertyListOf({ agentsDirectory }: HostSettings, label: string): string {
  return join(agentsDirectory, `${label}.plist`);
}

/** Loads an agent, now and at each login. @returns why it does not run; undefined when it does */
export async function startAgent(settings: HostSettings, label: string): Promise<string | undefined> {
  const list = propertyListOf(settings, label);
  if (!existsSync(list)) return `${label} has no ${list}`;
  const failures: string[] = [];
  for (const domain of domains()) {
    await launchctl(settings, ["enable", `${domain}/${label}`]);
    if (await isLoaded(settings, label)) return undefined;
    const failure = await launchctl(settings, ["bootstrap", domain, list]);
    if (failure === undefined || (await isLoaded(settings, label))) return undefined;
    failures.push(failure);
  }
  return `${label} does not start: ${failures[0]}`;
}

/**
 * Ends an agent, now and at each login: launchd would load again at the next one what is only unloaded.
 *
 * @returns why it still runs; undefined when it does not
 */
export async function stopAgent(settings: HostSettings, label: string): Promise<string | undefined> {
  const failures: string[] = [];
  try {
    for (const domain of domains()) {
      await launchctl(settings, ["disable", `${domain}/${label}`]);
      if (!(await isSurelyLoaded(settings, label))) return undefined;
      const failure = await launchctl(settings, ["bootout", `${domain}/${label}`]);
      if (!(await isSurelyLoaded(settings, label))) return undefined;
      failures.push(failure ?? "it has not ended yet");
    }
    return `${label} does not stop: ${failures[0]}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * What `launchctl list` prints of the domain that the caller is in: process id or `-`, last exit status, label.
 *
 * @throws when launchd does not answer
 */
export async function listAgents({ programs: { launchctl } }: HostSettings): Promise<string> {
  return (await run(launchctl, ["list"], { timeout: listTimeout })).stdout;
}

/** {@link isSurelyLoaded} for whoever may take a launchd that does not answer for one that does not have it. */
export async function isLoaded(settings: HostSettings, label: string): Promise<boolean> {
  return isSurelyLoaded(settings, label).catch(() => false);
}

/** `launchctl print` of a label that launchd does not have. */
const noSuchService = 113;

/** {@link serviceTarget} for whoever only wants to know whether there is one. @throws when launchd does not answer */
export async function isSurelyLoaded(settings: HostSettings, label: string): Promise<boolean> {
  return (await serviceTarget(settings, label)) !== undefined;
}

/**
 * Where launchd has an agent, also while its process ends: launchd then shows it as SIGTERMed (kxn/codex-remote-feishu#914). A launchd that
 * does not answer is not taken for one that does not have it.
 *
 * @returns as launchd names it: `gui/501/no.alai.lease`; undefined when it does not have it
 * @throws when launchd does not answer
 */
export async function serviceTarget(settings: HostSettings, label: string): Promise<string | undefined> {
  for (const domain of domains()) {
    const target = `${domain}/${label}`;
    try {
      await run(settings.programs.launchctl, ["print", target], { timeout });
      return target;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === noSuchService) continue;
      throw new Error(`launchd does not say whether ${label} runs`, { cause: error });
    }
  }
  return undefined;
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

/**
 * The domains of this user. An agent is in the first, of the graphical login, unless its list limits it to the session type `Background`:
 * then it is in the second, which every login makes (Homebrew/legacy-homebrew#33259, Mic92/sops-nix#966).
 */
function domains(): readonly string[] {
  const user = process.getuid?.() ?? 501;
  return [`gui/${user}`, `user/${user}`];
}
