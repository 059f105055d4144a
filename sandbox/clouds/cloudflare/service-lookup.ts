import { type CloudflarePlan, cloudflarePlans } from "../../../lib/cloudflare-plans";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldReading } from "../../world/world";
import { textAt } from "../read-property";

export const accountKind = "cloudflare:index/account:Account";
export const zoneKind = "cloudflare:index/zone:Zone";
export const recordKind = "cloudflare:index/dnsRecord:DnsRecord";
export const pagesProjectKind = "cloudflare:index/pagesProject:PagesProject";
export const pagesDomainKind = "cloudflare:index/pagesDomain:PagesDomain";

/** The zone, or Cloudflare's answer to a path that leads nowhere. */
export function requireZone(world: WorldReading, zoneId: string): WorldObject {
  const zone = world.get(zoneKind, zoneId);
  if (zone !== undefined) return zone;
  throw new ServiceError(
    "7003",
    `Could not route to /zones/${zoneId}, perhaps your object identifier is invalid?`,
    404,
  );
}

/** The plan of a zone; a new one has the free one. */
export function planOf(zone: WorldObject): CloudflarePlan {
  const name = textAt(zone.properties, "plan.legacyId");
  return cloudflarePlans.find((plan) => plan === name) ?? "free";
}

export function requireAccount(world: WorldReading, accountId: string): WorldObject {
  const account = world.get(accountKind, accountId);
  if (account !== undefined) return account;
  throw new ServiceError(
    "7003",
    `Could not route to /accounts/${accountId}, perhaps your object identifier is invalid?`,
    404,
  );
}

/** The zone that a host name lies in: the longest zone name that is the host or ends it. */
export function zoneOfHost(world: WorldReading, host: string): WorldObject | undefined {
  return world
    .list(zoneKind)
    .filter(({ properties: { name } }) => typeof name === "string" && (host === name || host.endsWith(`.${name}`)))
    .toSorted((left, right) => String(right.properties.name).length - String(left.properties.name).length)[0];
}

/** The last part of an import id such as `<zone>/<record>`; a plain id is left as it is. */
export function lastPart(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
