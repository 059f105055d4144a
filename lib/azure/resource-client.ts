import { azureCredential } from "./sign-in";

/** How Azure Resource Manager is reached. */
export interface AzureAccess {
  /** Default: Azure's public endpoint. */
  readonly endpoint?: string;
  /** An access token for it. Default: that of {@link azureCredential}. */
  readonly token?: () => Promise<string>;
}

/** A client of Azure Resource Manager for one subscription. Loaded when needed: the two packages take half a second. */
export async function azureResourceClient(subscription: string, { endpoint, token }: AzureAccess) {
  const { ResourceManagementClient } = await import("@azure/arm-resources");
  if (token === undefined) {
    return new ResourceManagementClient(azureCredential(), subscription, endpoint === undefined ? {} : { endpoint });
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

function isThisMachine(endpoint: string): boolean {
  return new URL(endpoint).hostname === "127.0.0.1";
}
