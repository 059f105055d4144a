import type { TokenCredential } from "@azure/identity";
import { rememberToken } from "../session-tokens";

/**
 * Who asks Azure: the environment's service principal, the workload's identity or `az login`, the first that there is.
 *
 * The package is loaded with the first token: it takes a quarter of a second.
 */
export function azureCredential(): TokenCredential {
  let credential: Promise<TokenCredential> | undefined;
  const load = async (): Promise<TokenCredential> => {
    const { DefaultAzureCredential } = await import("@azure/identity");
    return new DefaultAzureCredential();
  };
  return {
    getToken: async (scopes, options) => {
      credential ??= load();
      const given = await (await credential).getToken(scopes, options);
      if (given !== null) rememberToken(given.token);
      return given;
    },
  };
}

/** Whether an error says that nobody is signed in to Azure, or that Azure does not take who is. */
export function isSignInError(error: unknown): boolean {
  return error instanceof Error && signInErrors.includes(error.name);
}

/** By name, because their classes are in the package that is loaded when needed. */
const signInErrors = ["AggregateAuthenticationError", "AuthenticationError", "CredentialUnavailableError"];

/**
 * An access token.
 *
 * @param signal ends the asking
 * @param resource what it is for. Default: Azure Resource Manager
 * @throws saying what to do when nobody is signed in
 */
export async function azureToken(signal?: AbortSignal, resource = "https://management.azure.com"): Promise<string> {
  try {
    const options = signal === undefined ? {} : { abortSignal: signal };
    const { token } = (await azureCredential().getToken(`${resource}/.default`, options)) ?? {};
    if (token !== undefined) return token;
  } catch (error) {
    signal?.throwIfAborted();
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new Error(`Azure gives no token: ${reason}; sign in with az login`);
  }
  throw new Error("Azure gives no token; sign in with az login");
}
