import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

const alai = join(__dirname, "..", "stacks/alai/inventory");
const frameworks = ["html", "next-export", "next", "astro"] as const;

/**
 * Writes a copy of ALAI's inventory with `times` as many sites. The added ones are our own, on Pages, each in a repository of its
 * own and spread over the zones.
 *
 * @returns how many sites it has
 */
export function writeInventoryWithMoreSites(directory: string, times: number): number {
  mkdirSync(directory, { recursive: true });
  cpSync(alai, directory, { recursive: true, filter: (path) => !path.endsWith(".ts") });
  const path = join(directory, "sites.yaml");
  const { sites } = parse(readFileSync(path, "utf8"));
  const zones: readonly string[] = parse(readFileSync(join(directory, "zones.yaml"), "utf8")).zones.map(
    ({ domain }: { readonly domain: string }) => domain,
  );
  const all = [...sites];
  for (let index = 1; all.length < sites.length * times; index += 1) all.push(makeSite(index, zones));
  writeFileSync(path, stringify({ sites: all }));
  return all.length;
}

function makeSite(index: number, zones: readonly string[]): object {
  const number = String(index).padStart(4, "0");
  const zone = zones[index % zones.length];
  return {
    domain: `site-${number}.${zone}`,
    state: "on-pages",
    zone,
    owner: "own",
    repository: `alai-site-${number}-web`,
    framework: { kind: frameworks[index % frameworks.length] },
  };
}
