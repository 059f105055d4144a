import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dayAfter, dayOf } from "../../lib/today";
import { findStack, previewEnvironmentOf, pullRequestOf } from "../../stacks/registry";

/** What all preview environments' configuration is made of. */
const template = "Pulumi.preview.yaml";

/**
 * How many days a preview environment lives after the last time it was deployed from a fresh checkout, which is what every push does.
 */
const previewDays = 7;

/** The last day of a preview environment that is deployed now, `YYYY-MM-DD` in UTC. */
export function lastDay(now: Date): string {
  return dayAfter(dayOf(now), previewDays);
}

/** What is different in each preview environment. */
export interface PreviewPlaces {
  readonly system: string;
  readonly pullRequest: number;
  /** The last day, `YYYY-MM-DD`. */
  readonly expiry: string;
}

/**
 * The configuration of a pull request's preview environment.
 *
 * @param text the template
 * @throws when the template has no place for the system, the number or the last day: every preview would claim the same names, or live
 *   for ever
 */
export function previewConfiguration(text: string, { system, pullRequest, expiry }: PreviewPlaces): string {
  const places = { SYSTEM: system, "pr-NUMBER": previewEnvironmentOf(pullRequest), EXPIRY: expiry };
  const notice = `# Made from ${template}; not kept in the repository.`;
  let rest = text.replace(/^(#.*\n)+/, "");
  for (const [place, value] of Object.entries(places)) {
    if (!rest.includes(place)) throw new Error(`${template} has no ${place} in any setting`);
    rest = rest.replaceAll(place, value);
  }
  return `${notice}\n${rest}`;
}

/** The file with a stack's configuration. */
function stackFile(root: string, stack: string): string {
  return join(root, `Pulumi.${stack}.yaml`);
}

/**
 * Writes `Pulumi.<stack>.yaml` when the stack is a preview environment and has none. One that is there stays as it is: whoever works on a
 * preview may change its settings, and its last day.
 *
 * @param root the project's directory
 * @returns what takes the file away again; undefined when it was not written here
 */
export function makePreviewConfiguration(root: string, stack: string, now: Date): (() => void) | undefined {
  const pullRequest = pullRequestOf(stack);
  const system = findStack(stack)?.system;
  if (pullRequest === undefined || system === undefined || existsSync(stackFile(root, stack))) return undefined;
  const text = readFileSync(join(root, template), "utf8");
  writeFileSync(stackFile(root, stack), previewConfiguration(text, { system, pullRequest, expiry: lastDay(now) }));
  return () => rmSync(stackFile(root, stack), { force: true });
}
