import { existsSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "../../deployment/display/display-value";
import type { ResourceRow } from "../../deployment/display/operation-log";
import { InventoryDocument } from "../../lib/located-yaml/inventory-document";
import { readInventoryText } from "../../lib/located-yaml/inventory-text";
import type { Path } from "../../lib/located-yaml/problem";

/** Where a component's part of the inventory is: an entry of a list, found by a key, or what is written for the environment. */
type InventoryPlace =
  | { readonly file: string; readonly list: string; readonly key: string; readonly prefix?: string }
  | { readonly file: string; readonly environments: string; readonly part?: string }
  | { readonly file: string; readonly top: string };

const environments = { file: "environments.yaml", environments: "environments" } as const;

const places: Readonly<Record<string, InventoryPlace>> = {
  "landscape:static-site:StaticSite": { file: "sites.yaml", list: "sites", key: "domain" },
  "landscape:uptime-check:UptimeCheck": { file: "sites.yaml", list: "sites", key: "domain", prefix: "uptime-" },
  "landscape:dns-zone:DnsZone": { file: "zones.yaml", list: "zones", key: "domain" },
  "landscape:repository:Repository": { file: "repositories.yaml", list: "repositories", key: "name" },
  "landscape:containerapps:ContainerApp": { file: "services.yaml", list: "services", key: "name" },
  "landscape:postgresql:PostgresServer": { ...environments, part: "postgres" },
  "landscape:containerregistry:ContainerRegistry": { ...environments, part: "registry" },
  "landscape:observability:LogAnalytics": { ...environments, part: "logRetentionDays" },
  "landscape:budget:Budget": { ...environments, part: "budget" },
  "landscape:storage:BackupStore": { file: "backup.yaml", environments: "stores" },
  "landscape:network:Network": { file: "network.yaml", environments: "networks" },
  "landscape:edge-alerts:EdgeAlerts": { file: "monitoring.yaml", top: "alerts" },
  "landscape:tailnet:Tailnet": { file: "tailnet.yaml", top: "tailnet" },
  "landscape:failover-name:FailoverName": { file: "tailnet.yaml", top: "failoverName" },
  "landscape:heartbeat:Heartbeat": { file: "heartbeat.yaml", top: "heartbeat" },
};

/** Finds the inventory's line for a component, by the component's type and logical name. */
export class InventoryLines {
  private readonly documents = new Map<string, InventoryDocument | undefined>();

  /** @param directory the system's, that holds the YAML files */
  constructor(
    private readonly directory: string,
    private readonly stack: string,
  ) {}

  lineOf(row: ResourceRow): { readonly file: string; readonly line: number } | undefined {
    const place = row.type === "azure-native:storage:BlobContainer" ? containerPlace : places[row.type];
    if (place === undefined) return undefined;
    const document = this.document(place.file);
    const path = document === undefined ? undefined : this.pathOf(place, row.name, document.value());
    if (document === undefined || path === undefined) return undefined;
    return { file: join(this.directory, place.file), line: document.positionOf(path, "key").line };
  }

  private pathOf(place: InventoryPlace, name: string, value: unknown): Path | undefined {
    if ("top" in place) return isRecord(value) && place.top in value ? [place.top] : undefined;
    if ("environments" in place) return this.environmentPath(place, name, value);
    const list = isRecord(value) ? value[place.list] : undefined;
    const wanted = name.slice(place.prefix?.length ?? 0);
    const index = Array.isArray(list) ? list.findIndex((entry) => isRecord(entry) && entry[place.key] === wanted) : -1;
    return index < 0 ? undefined : [place.list, index];
  }

  private environmentPath(
    place: Extract<InventoryPlace, { environments: string }>,
    name: string,
    value: unknown,
  ): Path | undefined {
    const all = isRecord(value) ? value[place.environments] : undefined;
    const own = isRecord(all) ? all[this.stack] : undefined;
    if (!isRecord(own)) return undefined;
    if (place !== containerPlace)
      return [place.environments, this.stack, ...(place.part === undefined ? [] : [place.part])];
    const containers = own.containers;
    const index = Array.isArray(containers)
      ? containers.findIndex((entry) => isRecord(entry) && name.endsWith(`-${entry.name}`))
      : -1;
    return index < 0 ? undefined : [place.environments, this.stack, "containers", index];
  }

  private document(file: string): InventoryDocument | undefined {
    if (!this.documents.has(file)) this.documents.set(file, readDocument(join(this.directory, file)));
    return this.documents.get(file);
  }
}

/** A container's own line in its store: its logical name ends with the container's. */
const containerPlace: InventoryPlace = { file: "backup.yaml", environments: "stores" };

/** A file that cannot be read locates nothing; that it cannot be read is said by whoever loads the inventory. */
function readDocument(path: string): InventoryDocument | undefined {
  if (!existsSync(path)) return undefined;
  const read = readInventoryText(path);
  if (read.kind === "refused") return undefined;
  const document = new InventoryDocument(read.text);
  return document.syntaxProblems().length > 0 ? undefined : document;
}
