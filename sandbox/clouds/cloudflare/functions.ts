import { isPropertyMap, type PropertyMap, type PropertyValue } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldReading } from "../../world/world";
import type { EmulatedFunction } from "../emulated-provider";
import { mapAt, textAt } from "../read-property";
import { qualifiedName } from "./dns-record";
import { domainsOfProject } from "./pages";
import { accountKind, pagesProjectKind, recordKind, requireAccount, requireZone, zoneKind } from "./service-lookup";

/** The functions of the Cloudflare package. */
export const cloudflareFunctions: Readonly<Record<string, EmulatedFunction>> = {
  "cloudflare:index/getZone:getZone": getZone,
  "cloudflare:index/getZones:getZones": getZones,
  "cloudflare:index/getPagesProject:getPagesProject": getPagesProject,
  "cloudflare:index/getAccount:getAccount": getAccount,
  "cloudflare:index/getAccounts:getAccounts": getAccounts,
  "cloudflare:index/getDnsRecord:getDnsRecord": getDnsRecord,
  "cloudflare:index/getDnsRecords:getDnsRecords": getDnsRecords,
};

function withId({ id, properties }: WorldObject): PropertyMap {
  return { ...properties, id };
}

function getZone(args: PropertyMap, world: WorldReading): PropertyMap {
  const zoneId = textAt(args, "zoneId");
  const filter = mapAt(args, "filter");
  const zone = zoneId === undefined ? onlyOne(matchingZones(filter, world), "zone") : requireZone(world, zoneId);
  return { ...args, ...withId(zone), zoneId: zone.id };
}

function getZones(args: PropertyMap, world: WorldReading): PropertyMap {
  return { match: "all", ...args, results: limitObjects(matchingZones(args, world), args).map(withId) };
}

function matchingZones(filter: PropertyMap, world: WorldReading): readonly WorldObject[] {
  const accountId = textAt(filter, "account.id");
  return world
    .list(zoneKind)
    .filter(({ properties }) => matches(textAt(properties, "name"), filter.name))
    .filter(({ properties }) => matches(textAt(properties, "status"), filter.status))
    .filter(({ properties }) => accountId === undefined || textAt(properties, "account.id") === accountId);
}

function getPagesProject(args: PropertyMap, world: WorldReading): PropertyMap {
  const name = textAt(args, "projectName") ?? "";
  const project = world.get(pagesProjectKind, name);
  if (project === undefined) {
    throw new ServiceError(
      "8000007",
      "Project not found. The specified project name does not match any of your existing projects.",
      404,
    );
  }
  const subdomain = textAt(project.properties, "subdomain") ?? "";
  const domains = [subdomain, ...domainsOfProject(world, name)];
  return { ...args, ...withId(project), domains };
}

function getAccount(args: PropertyMap, world: WorldReading): PropertyMap {
  const id = textAt(args, "accountId");
  const account =
    id === undefined ? onlyOne(matchingAccounts(mapAt(args, "filter"), world), "account") : requireAccount(world, id);
  return { ...args, ...withId(account), accountId: account.id };
}

function getAccounts(args: PropertyMap, world: WorldReading): PropertyMap {
  return { ...args, results: limitObjects(matchingAccounts(args, world), args).map(withId) };
}

function matchingAccounts(filter: PropertyMap, world: WorldReading): readonly WorldObject[] {
  return world.list(accountKind).filter(({ properties }) => matches(textAt(properties, "name"), filter.name));
}

function getDnsRecord(args: PropertyMap, world: WorldReading): PropertyMap {
  const id = textAt(args, "dnsRecordId");
  const filtered = matchingRecords({ ...mapAt(args, "filter"), zoneId: args.zoneId ?? null }, world);
  const record = onlyOne(
    id === undefined ? filtered : world.list(recordKind).filter((one) => one.id === id),
    "DNS record",
  );
  return { ...args, ...withId(record), dnsRecordId: record.id };
}

function getDnsRecords(args: PropertyMap, world: WorldReading): PropertyMap {
  const results = limitObjects(matchingRecords(args, world), args).map(withId);
  return { match: "all", direction: "asc", order: "type", ...args, results };
}

function matchingRecords(filter: PropertyMap, world: WorldReading): readonly WorldObject[] {
  const zone = requireZone(world, textAt(filter, "zoneId") ?? "");
  return world
    .list(recordKind)
    .filter(({ properties }) => properties.zoneId === zone.id)
    .filter(({ properties }) => matches(textAt(properties, "type"), filter.type))
    .filter(({ properties }) => matches(qualifiedName(world, properties), filter.name))
    .filter(({ properties }) => matches(textAt(properties, "content"), filter.content));
}

/** Whether a text fits a filter: a text is the whole of it; a map has `exact`, `contains`, `startswith` or `endswith`. */
function matches(text: string | undefined, filter: PropertyValue | undefined): boolean {
  if (typeof filter === "string") return text === filter;
  if (!isPropertyMap(filter)) return true;
  const value = text ?? "";
  const { exact, contains, startswith, endswith } = filter;
  return (
    (typeof exact !== "string" || value === exact) &&
    (typeof contains !== "string" || value.includes(contains)) &&
    (typeof startswith !== "string" || value.startsWith(startswith)) &&
    (typeof endswith !== "string" || value.endsWith(endswith))
  );
}

function limitObjects(objects: readonly WorldObject[], args: PropertyMap): readonly WorldObject[] {
  return typeof args.maxItems === "number" ? objects.slice(0, args.maxItems) : objects;
}

function onlyOne(objects: readonly WorldObject[], what: string): WorldObject {
  const [first] = objects;
  if (first !== undefined && objects.length === 1) return first;
  throw new ServiceError(
    "not_exactly_one",
    `failed to find exactly one result: found ${objects.length} ${what}s that match the filter`,
    404,
  );
}
