import { refusal } from "../../lib/refusal";
import { Cache, type CacheArgs } from "../cache/cache";
import { CacheContainer, type CacheContainerArgs } from "../cache/cache-container";
import { type CacheInventory, containerSize } from "../cache/schema";
import type { KeyVault } from "../key-vault/key-vault";
import { ObjectStore } from "../object-store/object-store";
import { ObjectStoreCopy } from "../object-store/object-store-copy";
import type { DatabaseServer } from "../postgres-server/database-server";
import { PostgresServer } from "../postgres-server/postgres-server";
import { StandbyServer } from "../postgres-server/standby-server";
import { Queues, type QueuesArgs } from "../queues/queues";
import type { QueuesInventory } from "../queues/schema";
import { R2Buckets } from "../r2-buckets/r2-buckets";
import type { Ground, PlatformArgs } from "./deploy-platform";
import { databaseNetwork, type ServicePlacement } from "./deploy-services";
import { copiedObjects, knownPrimary } from "./standby";

/** A platform's arguments without its vault and its network, which are there before the stores. */
type PlacedParts = Omit<PlatformArgs, "vault" | "network">;

/** The databases of an environment: on a server of its own, or on one that stands by for another's. */
export function deployDatabase(
  args: PlacedParts,
  { resourceGroupName, workspaceId, network }: Ground,
  vault: Partial<Pick<KeyVault, "key">>,
): DatabaseServer {
  const { context, tenantId, environment, administrators } = args;
  const { postgres: entry, standby } = environment;
  const ownKey = entry.key && vault.key?.("postgres");
  const access = { kind: "network", network: databaseNetwork(network) } as const;
  const place = { context, resourceGroupName, tenantId, workspaceId, access, ownKey };
  if (standby === undefined) return new PostgresServer("postgres", { ...place, ...entry, administrators });
  const primary = knownPrimary(args, standby);
  const { serverId, host, networkId, zoneId } = primary.database;
  return new StandbyServer("postgres", {
    ...place,
    source: { ...entry, id: serverId },
    size: entry.size,
    primaryHost: host,
    connected: network.peer(standby.of, { networkId, addressSpace: primary.addressSpace, databaseZoneId: zoneId }),
  });
}

/** The objects of an environment: in a store of its own, or where those of the one that it stands by for are copied to. */
export function deployObjects(
  args: PlacedParts,
  { resourceGroupName, workspaceId, network }: Ground,
): ServicePlacement["objects"] {
  const { context, environment } = args;
  const { objects: entry, standby } = environment;
  if (entry === undefined) return undefined;
  const place = { context, resourceGroupName, network };
  if (standby === undefined) return new ObjectStore("objects", { ...place, workspaceId, ...entry });
  const copy = copiedObjects(args, standby);
  return new ObjectStoreCopy("objects", { ...place, copy, containers: entry.containers.map(({ name }) => name) });
}

/** What an environment's inventory says of buckets, made. */
export function deployBuckets(
  { context, environment, zones, cloudflareAccountId: accountId }: PlacedParts,
  vault: Partial<Pick<KeyVault, "hold">>,
): R2Buckets | undefined {
  const { buckets } = environment;
  if (buckets === undefined) return undefined;
  const problem = accountId === undefined ? "no Cloudflare account" : "no vault to keep their keys in";
  const { hold } = vault;
  if (accountId === undefined || hold === undefined)
    throw refusal(`environment "${context.environment}"`, [`it has buckets, and ${problem}`], buckets);
  return new R2Buckets("buckets", {
    ...buckets,
    context,
    accountId,
    zones,
    vault: { hold: hold.bind(vault) },
  });
}

/** What an environment's inventory says of caches, made. */
export function deployCaches(
  entries: readonly CacheInventory[] = [],
  place: Omit<CacheArgs, keyof CacheInventory> &
    Pick<CacheContainerArgs, "environment"> &
    Pick<ServicePlacement, "vault">,
): ReadonlyMap<string, Cache | CacheContainer> {
  const { environment, vault, ...managed } = place;
  return new Map<string, Cache | CacheContainer>(
    entries.map(({ name, password, size, ...entry }) => {
      if (size !== containerSize) return [name, new Cache(name, { ...managed, ...entry, size })];
      const { context, resourceGroupName } = managed;
      const secret = vault.secret(password ?? "");
      const { eviction } = entry;
      return [name, new CacheContainer(name, { context, resourceGroupName, environment, eviction, password: secret })];
    }),
  );
}

/** What an environment's inventory says of queues, made. */
export function deployQueues(
  entry: QueuesInventory | undefined,
  place: Omit<QueuesArgs, keyof QueuesInventory>,
): Queues | undefined {
  return entry === undefined ? undefined : new Queues("queues", { ...place, ...entry });
}
