import { didYouMean } from "../../../../lib/closest-name";
import type { FileProblem } from "../../../../lib/located-yaml/problem";
import type { InventoryContents } from "../files";
import { duplicates } from "./duplicates";

const file = "sites.yaml";

/** No two sites share a domain, a repository or a Pages project. */
export function sitesDiffer({ sites }: Pick<InventoryContents, "sites">): readonly FileProblem[] {
  const claims = (key: "domain" | "repository" | "project") =>
    sites.sites.flatMap((site, index) => {
      const value: unknown = key in site ? Reflect.get(site, key) : undefined;
      return typeof value === "string" ? [{ value, path: ["sites", index, key] }] : [];
    });
  return (["domain", "repository", "project"] as const).flatMap((key) =>
    duplicates({ file, what: "sites", claims: claims(key) }),
  );
}

/** A site's zone is in the inventory, and the site's name is in the zone. */
export function sitesHaveZones({ sites, zones }: Pick<InventoryContents, "sites" | "zones">): readonly FileProblem[] {
  const known = zones.zones.map((zone) => zone.domain);
  return sites.sites.flatMap((site, index) => {
    if (site.state === "paused" || site.zone === undefined) return [];
    if (!known.includes(site.zone)) {
      const message = `no zone "${site.zone}" in zones.yaml${didYouMean(site.zone, known)}`;
      return [{ file, path: ["sites", index, "zone"], message }];
    }
    if (site.domain === site.zone || site.domain.endsWith(`.${site.zone}`)) return [];
    const message = `"${site.domain}" is not in the zone ${site.zone}`;
    return [{ file, path: ["sites", index, "domain"], message }];
  });
}
