import { type AzureAccess, azureResourceClient } from "../../lib/azure/resource-client";
import type { InventoryLister, InventoryScope, ListedObject } from "./inventory-lister";

/**
 * Lists a resource group through Azure Resource Manager. It knows the resources themselves; what is inside of one (a firewall rule, a
 * container, a role assignment) is not in its list.
 */
export class AzureInventory implements InventoryLister {
  constructor(private readonly access: AzureAccess = {}) {}

  async list(scope: InventoryScope): Promise<readonly ListedObject[]> {
    if (scope.cloud !== "azure") return [];
    const [subscription, group] = groupOf(scope.resourceGroup);
    const client = await azureResourceClient(subscription, this.access);
    const objects: ListedObject[] = [];
    for await (const { id, name, type } of client.resources.listByResourceGroup(group)) {
      if (id !== undefined) objects.push({ id, name: name ?? id, type: type ?? "unknown" });
    }
    return objects;
  }
}

/** @throws when the id is not that of a resource group */
function groupOf(id: string): readonly [subscription: string, group: string] {
  const match = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)$/i.exec(id);
  if (match?.[1] === undefined || match[2] === undefined) throw new Error(`"${id}" is not the id of a resource group`);
  return [match[1], match[2]];
}
