import type { Zone } from "../../../../components/dns-zone/schema";
import { absoluteName } from "../../../../components/dns-zone/zone-record";
import type { FailoverNameEntry } from "../../../../components/failover-name/schema";
import type { Site } from "../../../../components/static-site/schema";
import { zoneOf } from "../../../../components/static-site/site-plan";
import { didYouMean } from "../../../../lib/closest-name";
import type { FileProblem, Path } from "../../../../lib/located-yaml/problem";
import type { InventoryContents } from "../files";
import { duplicates } from "./duplicates";

/** Who asks for which record. */
interface RecordClaim {
  readonly file: string;
  readonly path: Path;
  readonly name: string;
  readonly type: string;
  readonly content: string | undefined;
}

/** No zone is there twice, neither by name nor by the id it is adopted by. */
export function zonesDiffer({ zones }: Pick<InventoryContents, "zones">): readonly FileProblem[] {
  const claims = (key: "domain" | "adopt") =>
    zones.zones.flatMap((zone, index) => {
      const value = zone[key];
      return value === undefined ? [] : [{ value, path: ["zones", index, key] }];
    });
  return (["domain", "adopt"] as const).flatMap((key) =>
    duplicates({ file: "zones.yaml", what: "zones", claims: claims(key) }),
  );
}

/** Exceptions from Browser Integrity Check are for names in the zone: elsewhere the rule would never match. */
export function exceptionsAreInTheirZone({ zones }: Pick<InventoryContents, "zones">): readonly FileProblem[] {
  return zones.zones.flatMap((zone, index) =>
    zone.browserIntegrityCheckOff.flatMap((hostname, position) => {
      if (hostname === zone.domain || hostname.endsWith(`.${zone.domain}`)) return [];
      const path = ["zones", index, "browserIntegrityCheckOff", position];
      return [{ file: "zones.yaml", path, message: `"${hostname}" is not in the zone ${zone.domain}` }];
    }),
  );
}

/**
 * No two records claim one name: a name has one CNAME and nothing else, or several records of other types that differ.
 * Looks at zones, sites and the failover name together.
 */
export function recordsDoNotClash(
  inventory: Pick<InventoryContents, "zones" | "sites" | "tailnet">,
): readonly FileProblem[] {
  const claims = [
    ...inventory.zones.zones.flatMap(zoneClaims),
    ...inventory.sites.sites.flatMap(siteClaims),
    failoverClaim(inventory.tailnet.failoverName),
  ];
  return claims.flatMap((claim, index) => {
    const rival = claims.slice(0, index).find((earlier) => clash(earlier, claim));
    if (rival === undefined) return [];
    const message = `${claim.name} already has a record (${rival.type}) from ${rival.file}`;
    return [{ file: claim.file, path: claim.path, message }];
  });
}

function clash(one: RecordClaim, other: RecordClaim): boolean {
  if (one.name !== other.name) return false;
  if (one.type === "CNAME" || other.type === "CNAME") return true;
  // What a site or the failover name points to is theirs alone.
  const shared = one.content !== undefined && other.content !== undefined && one.content !== other.content;
  return one.type === other.type && !shared;
}

function zoneClaims(zone: Zone, zoneIndex: number): readonly RecordClaim[] {
  return zone.records.map((record, index) => ({
    file: "zones.yaml",
    path: ["zones", zoneIndex, "records", index, "name"],
    name: absoluteName(zone.domain, record.name),
    type: record.type,
    content: record.content,
  }));
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
