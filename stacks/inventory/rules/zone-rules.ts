import type { Zone } from "../../../components/dns-zone/schema";
import { absoluteName } from "../../../components/dns-zone/zone-record";
import type { FileProblem, Path } from "../../../lib/located-yaml/problem";
import type { InventoryContents } from "../files";
import { publicAppClaims } from "./app-rules";
import { duplicates } from "./duplicates";

/** Who asks for which record. */
export interface RecordClaim {
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

/**
 * What a zone does for some of its names is for names in the zone: elsewhere the rule would never match, and what it is to keep for
 * listed addresses would be open.
 */
export function rulesAreForTheirZone({ zones }: Pick<InventoryContents, "zones">): readonly FileProblem[] {
  return zones.zones.flatMap((zone, index) => {
    const lists: readonly (readonly [Path, readonly string[]])[] = [
      [["browserIntegrityCheckOff"], zone.browserIntegrityCheckOff],
      ...(["restricted", "rateLimits", "cache"] as const).flatMap((kind) =>
        (zone.edge?.[kind] ?? []).map(({ hosts = [] }, at) => [["edge", kind, at, "hosts"], hosts] as const),
      ),
    ];
    return lists.flatMap(([path, hostnames]) =>
      hostnames.flatMap((hostname, position) => {
        if (hostname === zone.domain || hostname.endsWith(`.${zone.domain}`)) return [];
        const message = `"${hostname}" is not in the zone ${zone.domain}`;
        return [{ file: "zones.yaml", path: ["zones", index, ...path, position], message }];
      }),
    );
  });
}

/** No two records claim one name: a name has one CNAME and nothing else, or several records of other types that differ. */
export function clashes(claims: readonly RecordClaim[]): readonly FileProblem[] {
  return claims.flatMap((claim, index) => {
    const rival = claims.slice(0, index).find((earlier) => clash(earlier, claim));
    if (rival === undefined) return [];
    const message = `${claim.name} already has a record (${rival.type}) from ${rival.file}`;
    return [{ file: claim.file, path: claim.path, message }];
  });
}

function clash(one: RecordClaim, other: RecordClaim): boolean {
  if (one.name !== other.name) return false;
  if ([one.type, other.type].some((type) => type === "CNAME" || type === "load balancer")) return true;
  // What a site or the failover name points to is theirs alone.
  const shared = one.content !== undefined && other.content !== undefined && one.content !== other.content;
  return one.type === other.type && !shared;
}

/** The records that a zone itself brings. A balancer's name has no record of its own beside it: it would answer in its place. */
export function zoneClaims(zone: Zone, zoneIndex: number): readonly RecordClaim[] {
  const claim = (
    list: "records" | "loadBalancers",
    index: number,
    key: string,
    of: Omit<RecordClaim, "file" | "path">,
  ) => {
    return { file: "zones.yaml", path: ["zones", zoneIndex, list, index, key], ...of };
  };
  return [
    ...zone.records.map(({ name, type, content }, index) =>
      claim("records", index, "name", { name: absoluteName(zone.domain, name), type, content }),
    ),
    ...(zone.loadBalancers ?? []).map(({ hostname }, index) =>
      claim("loadBalancers", index, "hostname", { name: hostname, type: "load balancer", content: undefined }),
    ),
  ];
}

/** No two records of zones clash, where nothing else brings any. */
export function recordsOfZonesDoNotClash(
  inventory: Pick<InventoryContents, "zones" | "services" | "environments">,
): readonly FileProblem[] {
  return clashes([...inventory.zones.zones.flatMap(zoneClaims), ...publicAppClaims(inventory)]);
}
