import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Agent } from "../agents";

/** How much a log may hold, and how many older ones are kept. Together below 60 MB for each agent. */
export interface RotationLimits {
  /** @default 10485760 */
  readonly bytes: number;
  /** @default 5 */
  readonly keep: number;
}

const defaults: RotationLimits = { bytes: 10 * 1024 * 1024, keep: 5 };
const everyMs = 60_000;

/** Keeps the logs of all agents small, whatever they write. */
export const rotateLogsAgent: Agent = async ({ settings, signal, say }) => {
  while (!signal.aborted) {
    for (const line of rotateLogs(join(settings.root, "logs"), defaults)) say(line);
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
};

/**
 * Moves what is in too large logs aside: `x.log` to `x.log.1`, and so on; the oldest goes. launchd keeps a log open for as long as the
 * agent runs and appends to it, so the file itself stays and is emptied.
 *
 * @returns a line for each log that was rotated
 */
export function rotateLogs(directory: string, { bytes, keep }: RotationLimits): readonly string[] {
  if (!existsSync(directory)) return [];
  const large = readdirSync(directory).filter(
    (name) => name.endsWith(".log") && statSync(join(directory, name)).size > bytes,
  );
  return large.map((name) => {
    const file = join(directory, name);
    rmSync(`${file}.${keep}`, { force: true });
    for (let age = keep - 1; age >= 1; age -= 1) {
      if (existsSync(`${file}.${age}`)) renameSync(`${file}.${age}`, `${file}.${age + 1}`);
    }
    // A line written between the two calls is lost; a full disk would lose more.
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
    return `rotated ${name}`;
  });
}
