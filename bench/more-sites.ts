import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { readYaml } from "../lib/located-yaml/read-yaml";

const alai = join(__dirname, "..", "stacks/alai/inventory");
/** What is read of the inventory here. */
const sitesSchema = z.looseObject({ sites: z.array(z.unknown()) });
const zonesSchema = z.looseObject({
  zones: z.array(z.looseObject({ domain: z.string(), tls: z.unknown().optional(), edge: z.unknown().optional() })),
});
const frameworks = ["html", "next-export", "next", "astro"] as const;

/**
 * Writes a copy of ALAI's inventory with `times` as many sites. The added ones are our own, on Pages, each in a repository of its
 * own and spread over the zones that policies let names be served in.
 *
 * @returns how many sites it has
 */
export function writeInventoryWithMoreSites(directory: string, times: number): number {
  mkdirSync(directory, { recursive: true });
  cpSync(alai, directory, { recursive: true, filter: (path) => !path.endsWith(".ts") });
  const path = join(directory, "sites.yaml");
  const { sites } = readYaml({ file: path, schema: sitesSchema, of: "the sites" });
  const zones = readYaml({ file: join(directory, "zones.yaml"), schema: zonesSchema, of: "the zones" })
    .zones.filter(({ tls, edge }) => tls !== undefined && edge !== undefined)
    .map(({ domain }) => domain);
  const all: unknown[] = [...sites];
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
