import type { JsonObject } from "../../lib/json-value";

/** A place that a stack owns, in which others could put things. */
export type InventoryScope =
  | { readonly cloud: "azure" /** The id of a resource group. */; readonly resourceGroup: string }
  | { readonly cloud: "cloudflare" /** The id of a zone. */; readonly zone: string }
  | { readonly cloud: "tailscale" };

/** One thing that exists. */
export interface ListedObject {
  /** A resource type token where it is known, otherwise the service's own word: `Microsoft.Storage/storageAccounts`. */
  readonly type: string;
  readonly id: string;
  readonly name: string;
  /** What it is like, where the list says so; secrets masked as in engine events. */
  readonly properties?: JsonObject;
}

/** Lists what exists, whoever made it. */
export interface InventoryLister {
  /** @throws when the list is not complete: half a list would hide what it lacks */
  list(scope: InventoryScope): Promise<readonly ListedObject[]>;
}
