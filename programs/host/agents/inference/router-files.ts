import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { writeAtomically } from "../../../../lib/atomic-file";
import { isJsonObject, parseJson } from "../../../../lib/json-value";
import type { HostSettings } from "../../host-settings";
import { writeState } from "../state-file";

/** What of the router's file is ours; the rest is the router's own, its tiers and models. */
const blocks = ["ollamaHosts", "failoverRules"] as const;

/** Writes which servers are there where the router has always looked for it. @returns why it cannot */
export function tellRouter({ inference }: HostSettings, health: object): string | undefined {
  if (inference.healthFile === undefined) return undefined;
  try {
    writeState(inference.healthFile, health);
    return undefined;
  } catch (error) {
    return `${inference.healthFile}: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * Keeps our blocks in the router's file. The file as it was before the first change stays in `<root>/replaced`.
 *
 * @param generated `<root>/etc/tier-routing.json`
 * @returns why it cannot be done; undefined when it is done, or when there is no router on this host
 */
export function keepRouterFile(
  { root, inference }: HostSettings,
  generated: Readonly<Record<(typeof blocks)[number], object>>,
): string | undefined {
  const file = inference.routerFile;
  if (file === undefined || !existsSync(file)) return undefined;
  try {
    const [text, mode] = [readFileSync(file, "utf8"), statSync(file).mode & 0o777];
    const own = parseJson(text);
    if (!isJsonObject(own)) return `${file}: expected a JSON object`;
    const wanted = { ...own, ...Object.fromEntries(blocks.map((block) => [block, generated[block]])) };
    if (isDeepStrictEqual(own, wanted)) return undefined;
    const kept = join(root, "replaced", basename(file));
    mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
    if (!existsSync(kept)) writeAtomically(kept, text, { mode });
    writeAtomically(file, `${JSON.stringify(wanted, undefined, 2)}\n`, { mode });
    return undefined;
  } catch (error) {
    return `${file}: ${error instanceof Error ? error.message : error}`;
  }
}
