import { AzureInventory } from "./azure-inventory";
import { CloudflareInventory } from "./cloudflare-inventory";
import type { InventoryLister, InventoryScope, ListedObject } from "./inventory-lister";
import { TailscaleInventory } from "./tailscale-inventory";

/** Lists what exists in the real clouds, each through its own API, with the credentials that the providers use too. */
export class CloudInventory implements InventoryLister {
  private readonly listers: Readonly<Record<InventoryScope["cloud"], InventoryLister>> = {
    azure: new AzureInventory(),
    cloudflare: new CloudflareInventory(),
    tailscale: new TailscaleInventory(),
  };

  list(scope: InventoryScope): Promise<readonly ListedObject[]> {
    return this.listers[scope.cloud].list(scope);
  }
}
