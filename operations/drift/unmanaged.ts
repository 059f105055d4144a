import type { DeployedResource } from "./deployment-state";
import type { InventoryLister, InventoryScope, ListedObject } from "./inventory-lister";

/** The places that a stack owns and others could put things in. */
function ownedScopes(deployed: readonly DeployedResource[]): readonly InventoryScope[] {
  const owned = deployed.filter((resource) => resource.owned);
  const scopes = owned.flatMap(({ type, id }): InventoryScope[] => {
    if (/^azure-native:resources(\/v\w+)?:ResourceGroup$/.test(type)) return [{ cloud: "azure", resourceGroup: id }];
    return type === "cloudflare:index/zone:Zone" ? [{ cloud: "cloudflare", zone: id }] : [];
  });
  // Whoever writes the tailnet's policy owns the tailnet.
  return owned.some(({ type }) => type === "tailscale:index/acl:Acl") ? [...scopes, { cloud: "tailscale" }] : scopes;
}

export interface UnmanagedRequest {
  readonly lister: InventoryLister;
  readonly deployed: readonly DeployedResource[];
  /** The states of the other stacks, which may own things in this one's places. Asked only when something is left over. */
  readonly otherStates: () => Promise<readonly DeployedResource[]>;
  /** Ids and names that the inventory knows although no state here has them: people's devices, another environment's records. */
  readonly inventoried: ReadonlySet<string>;
}

/** What exists in the stack's places and is in no stack's state. */
export async function unmanagedObjects(request: UnmanagedRequest): Promise<readonly ListedObject[]> {
  const scopes = ownedScopes(request.deployed);
  const listed = (await Promise.all(scopes.map((scope) => request.lister.list(scope)))).flat();
  const own = managedIds(request.deployed);
  const { inventoried } = request;
  const left = listed.filter(
    ({ id, name }) => !own.has(id.toLowerCase()) && !inventoried.has(id) && !inventoried.has(name),
  );
  if (left.length === 0) return [];
  const others = managedIds(await request.otherStates());
  return left.filter(({ id }) => !others.has(id.toLowerCase()));
}

/** Azure compares ids without regard to case; the others' ids are random enough not to differ in case alone. */
function managedIds(deployed: readonly DeployedResource[]): ReadonlySet<string> {
  return new Set(deployed.filter(({ owned }) => owned).flatMap(({ id }) => [id.toLowerCase(), ...idsWithin(id)]));
}

/** An imported record's id may be `zone/record`, where the list knows the record alone. */
function idsWithin(id: string): readonly string[] {
  const last = id.split("/").at(-1) ?? "";
  return id.startsWith("/") || !id.includes("/") ? [] : [last.toLowerCase()];
}
