import type { FailoverNameEntry } from "../../../../components/failover-name/schema";
import type { Site } from "../../../../components/static-site/schema";
import { zoneOf } from "../../../../components/static-site/site-plan";
import { didYouMean } from "../../../../lib/closest-name";
import type { FileProblem } from "../../../../lib/located-yaml/problem";
import type { InventoryContents } from "../../../inventory/files";
import { publicAppClaims } from "../../../inventory/rules/app-rules";
import { duplicates } from "../../../inventory/rules/duplicates";
import { clashes, type RecordClaim, zoneClaims } from "../../../inventory/rules/zone-rules";

/** No two records of zones, sites, public apps and the failover name clash. */
export function recordsDoNotClash(
  inventory: Pick<InventoryContents, "zones" | "sites" | "tailnet" | "services" | "environments">,
): readonly FileProblem[] {
  const claims = [
    ...inventory.zones.zones.flatMap(zoneClaims),
    ...inventory.sites.sites.flatMap(siteClaims),
    ...publicAppClaims(inventory),
    failoverClaim(inventory.tailnet.failoverName),
  ];
  return clashes(claims);
}

function siteClaims(site: Site, index: number): readonly RecordClaim[] {
  const claim = (name: string, type: string, key: string): RecordClaim => {
    return { file: "sites.yaml", path: ["sites", index, key], name, type, content: undefined };
  };
  switch (site.state) {
    case "paused":
      return [];
    case "elsewhere":
    case "retired":
      return site.target === undefined ? [] : [claim(site.domain, site.target.type, "domain")];
    case "to-migrate":
      return site.current === undefined ? [] : [claim(site.domain, site.current.type, "domain")];
    case "on-pages": {
      const apex = claim(site.domain, "CNAME", "domain");
      return site.www === "none" ? [apex] : [apex, claim(`www.${site.domain}`, "CNAME", "www")];
    }
  }
}

function failoverClaim(entry: FailoverNameEntry): RecordClaim {
  const name = `${entry.name}.${entry.searchPath}`;
  return { file: "tailnet.yaml", path: ["failoverName", "name"], name, type: "A", content: undefined };
}

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
    const zone = zoneOf(site);
    if (zone === undefined) return [];
    if (!known.includes(zone)) {
      const message = `no zone "${zone}" in zones.yaml${didYouMean(zone, known)}`;
      return [{ file, path: ["sites", index, "zone"], message }];
    }
    if (site.domain === zone || site.domain.endsWith(`.${zone}`)) return [];
    const message = `"${site.domain}" is not in the zone ${zone}`;
    return [{ file, path: ["sites", index, "domain"], message }];
  });
}
