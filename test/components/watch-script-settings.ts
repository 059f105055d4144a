import { shippedProgram } from "../../programs/bundle";

/** The watchers' script, whole. */
export const watchScript = shippedProgram("programs/jobs/heartbeat/watch.ts").text;

/** The settings that the script reads and nobody gives it. */
export function missingSettings(given: readonly (string | undefined)[], byThePlatform: RegExp): readonly string[] {
  const read = [...watchScript.matchAll(/\b(?:text|number)\("([A-Z_]+)"\)/g)].map(([, name = ""]) => name);
  return [...new Set(read)].filter((name) => !given.includes(name) && !byThePlatform.test(name));
}
