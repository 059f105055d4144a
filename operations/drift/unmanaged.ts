import type { JsonObject } from "../../lib/json-value";
import type { DeployedResource } from "./deployment-state";

/** The places that a stack owns and others could put things in. */
function listOwnedScopes(deployed: readonly DeployedResource[]): readonly InventoryScope[] {
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
  /** Ids and names that the inventory knows although no state here has them: `expectedObjectsOf` of the stack. */
  readonly inventoried: ReadonlySet<string>;
}

/** What exists in the stack's places and is in no stack's state. */
export async function findUnmanagedObjects(request: UnmanagedRequest): Promise<readonly ListedObject[]> {
  const scopes = listOwnedScopes(request.deployed);
  const listed = (await Promise.all(scopes.map((scope) => request.lister.list(scope)))).flat();
  const own = listManagedIds(request.deployed);
  const { inventoried } = request;
  const left = listed.filter(
    ({ id, name }) => !own.has(id.toLowerCase()) && !inventoried.has(id) && !inventoried.has(name),
  );
  if (left.length === 0) return [];
  const others = listManagedIds(await request.otherStates());
  return left.filter(({ id }) => !others.has(id.toLowerCase()));
}

/** Azure compares ids without regard to case; the others' ids are random enough not to differ in case alone. */
function listManagedIds(deployed: readonly DeployedResource[]): ReadonlySet<string> {
  return new Set(deployed.filter(({ owned }) => owned).flatMap(({ id }) => [id.toLowerCase(), ...idsWithin(id)]));
}

/** An imported record's id may be `zone/record`, where the list knows the record alone. */
function idsWithin(id: string): readonly string[] {
  const last = id.split("/").at(-1) ?? "";
  return id.startsWith("/") || !id.includes("/") ? [] : [last.toLowerCase()];
}

/** A resource group, zone or tailnet of the stack, in which others could create objects. */
export type InventoryScope =
  | { readonly cloud: "azure" /** The id of a resource group. */; readonly resourceGroup: string }
  | { readonly cloud: "cloudflare" /** The id of a zone. */; readonly zone: string }
  | { readonly cloud: "tailscale" };

/** One object that exists in a cloud. */
export interface ListedObject {
  /** A resource type token where it is known, otherwise the service's own word: `Microsoft.Storage/storageAccounts`. */
  readonly type: string;
  readonly id: string;
  readonly name: string;
  /** The object's properties where the list has them; secrets are masked as in engine events. */
  readonly properties?: JsonObject;
}

/** Nobody is signed in to a cloud that is to be listed. The message says how to sign in. */
export class NotSignedIn extends Error {
  override name = "NotSignedIn";
}

/** Lists the objects in a place, also those that no stack manages. */
export interface InventoryLister {
  /** @throws when the list is incomplete: missing objects would be hidden; {@link NotSignedIn} where only that is missing */
  list(scope: InventoryScope): Promise<readonly ListedObject[]>;
}
