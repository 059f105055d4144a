import type { InventoryLister, InventoryScope, ListedObject } from "./inventory-lister";

export interface AzureInventoryOptions {
  /** Default: Azure's public endpoint. */
  readonly endpoint?: string;
  /** An access token for it. Default: that of the environment, the workload's identity or `az`, as `DefaultAzureCredential` finds it. */
  readonly token?: () => Promise<string>;
}

/**
 * Lists a resource group through Azure Resource Manager. It knows the resources themselves; what is inside of one (a firewall rule, a
 * container, a role assignment) is not in its list.
 */
export class AzureInventory implements InventoryLister {
  constructor(private readonly options: AzureInventoryOptions = {}) {}

  async list(scope: InventoryScope): Promise<readonly ListedObject[]> {
    if (scope.cloud !== "azure") return [];
    const [subscription, group] = groupOf(scope.resourceGroup);
    const client = await this.client(subscription);
    const objects: ListedObject[] = [];
    for await (const { id, name, type } of client.resources.listByResourceGroup(group)) {
      if (id !== undefined) objects.push({ id, name: name ?? id, type: type ?? "unknown" });
    }
    return objects;
  }

  /** Loaded when needed: the two packages take half a second. */
  private async client(subscription: string) {
    const { endpoint, token } = this.options;
    const { ResourceManagementClient } = await import("@azure/arm-resources");
    if (token === undefined) {
      const { DefaultAzureCredential } = await import("@azure/identity");
      return new ResourceManagementClient(
        new DefaultAzureCredential(),
        subscription,
        endpoint === undefined ? {} : { endpoint },
      );
    }
    const credential = { getToken: async () => ({ token: await token(), expiresOnTimestamp: Date.now() + 300_000 }) };
    const options = endpoint === undefined ? {} : { endpoint, allowInsecureConnection: isThisMachine(endpoint) };
    const client = new ResourceManagementClient(credential, subscription, options);
    if (endpoint !== undefined && isThisMachine(endpoint)) {
      // The SDK's own policy sends no token without TLS, not even to a server on this machine.
      client.pipeline.removePolicy({ name: "bearerTokenAuthenticationPolicy" });
      client.pipeline.addPolicy({
        name: "tokenOnThisMachine",
        sendRequest: async (request, next) => {
          request.headers.set("authorization", `Bearer ${await token()}`);
          return next(request);
        },
      });
    }
    return client;
  }
}

function isThisMachine(endpoint: string): boolean {
  return new URL(endpoint).hostname === "127.0.0.1";
}

/** @throws when the id is not that of a resource group */
function groupOf(id: string): readonly [subscription: string, group: string] {
  const match = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)$/i.exec(id);
  if (match?.[1] === undefined || match[2] === undefined) throw new Error(`"${id}" is not the id of a resource group`);
  return [match[1], match[2]];
}
