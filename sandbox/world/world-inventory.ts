import { encodeProperties, maskSecrets } from "../../deployment/values/state-value";
import type { JsonObject } from "../../lib/json-value";
import type { WorldObject } from "./world";

/** A place in the world: what an inventory of the real clouds is asked for. */
export type WorldPlace =
  | { readonly cloud: "azure"; readonly resourceGroup: string }
  | { readonly cloud: "cloudflare"; readonly zone: string }
  | { readonly cloud: "tailscale" };

export interface ListedWorldObject {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly properties: JsonObject;
}

/** What services make of themselves while they run, and what is inside of things: no list of a cloud has these. */
const insideOfThings: ReadonlySet<string> = new Set([
  "azure-native:alertsmanagement:Alert",
  "azure-native:monitor:ErrorBudget",
  "azure-native:app:JobExecution",
  "azure-native:app:ReleaseDocument",
  "azure-native:app:Revision",
  "azure-native:keyvault:SecretValue",
  "azure-native:dbforpostgresql:Configuration",
  "azure-native:dbforpostgresql:Database",
]);

/** What is in the tailnet beside its own settings, of which there is always one. */
const tailnetKinds: ReadonlySet<string> = new Set([
  "tailscale:index/device:Device",
  "tailscale:index/tailnetKey:TailnetKey",
]);
/** What others can add to a zone; its settings exist with it. */
const zoneKinds: ReadonlySet<string> = new Set([
  "cloudflare:index/dnsRecord:DnsRecord",
  "cloudflare:index/ruleset:Ruleset",
  "cloudflare:index/workersRoute:WorkersRoute",
]);

/** Lists what exists in the emulated clouds, whoever made it. */
export class WorldInventory {
  constructor(private readonly objects: () => Promise<readonly WorldObject[]>) {}

  async list(place: WorldPlace): Promise<readonly ListedWorldObject[]> {
    return (await this.objects()).filter((object) => isIn(place, object)).map(listed);
  }

  /** The objects of a kind that have all of some properties. */
  async find(kind: string, scope: JsonObject): Promise<readonly ListedWorldObject[]> {
    return (await this.objects())
      .filter((object) => object.kind === kind)
      .map(listed)
      .filter(({ properties }) => Object.entries(scope).every(([key, value]) => properties[key] === value));
  }

  /** Whether the emulated Azure has something of an id. */
  async hasAzure(id: string): Promise<boolean> {
    const known = id.toLowerCase();
    return (await this.objects()).some((object) => object.cloud === "azure" && object.id.toLowerCase() === known);
  }
}

function isIn(place: WorldPlace, { cloud, kind, id, properties }: WorldObject): boolean {
  if (cloud !== place.cloud) return false;
  switch (place.cloud) {
    case "azure":
      return id.toLowerCase().startsWith(`${place.resourceGroup.toLowerCase()}/`) && !insideOfThings.has(kind);
    case "cloudflare":
      return zoneKinds.has(kind) && properties.zoneId === place.zone;
    case "tailscale":
      return tailnetKinds.has(kind);
  }
}

function listed({ kind, id, properties }: WorldObject): ListedWorldObject {
  const name = [properties.hostname, properties.name].find((text) => typeof text === "string");
  return {
    type: kind,
    id,
    name: typeof name === "string" ? name : (id.split("/").at(-1) ?? id),
    properties: encodeProperties(properties, maskSecrets),
  };
}
