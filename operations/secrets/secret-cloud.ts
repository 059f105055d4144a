import { z } from "zod";
import { type AzureCallOptions, AzureCalls } from "../../lib/azure/resource-client";
import { azureToken } from "../../lib/azure/sign-in";

/** What setting a secret asks of a cloud, beside what releases ask. */
export interface SecretCloud {
  /**
   * Adds a version to a secret, which is the newest from then on. The version before stays in the vault.
   *
   * @throws saying what to do when the vault cannot be reached, or does not take who is signed in
   */
  setSecret(vaultId: string, name: string, value: string, expires: Date): Promise<void>;
  /** Disables the versions of a secret before the newest: nobody reads them any more, and somebody can enable them again. @returns how many */
  retireOlderVersions(vaultId: string, name: string): Promise<number>;
  /** Has an app or a job read the newest versions of its secrets; what runs of an app keeps what it has until it is restarted. */
  refreshSecrets(id: string): Promise<void>;
  restart(appId: string, revision: string): Promise<void>;
}

interface AzureSecretsOptions {
  readonly azure?: AzureCallOptions;
  /** Where a vault answers. Default: `https://NAME.vault.azure.net`. */
  readonly vaultUrl?: (name: string) => string;
}

const requestSeconds = 30;

const versionsSchema = z.object({
  value: z.array(z.object({ id: z.string(), attributes: z.object({ created: z.number(), enabled: z.boolean() }) })),
  nextLink: z.string().nullish(),
});

const secretsSchema = z.object({
  properties: z.object({
    configuration: z.object({
      secrets: z
        .array(z.object({ name: z.string(), keyVaultUrl: z.string().nullish(), identity: z.string().nullish() }))
        .nullish(),
    }),
  }),
});

/** At Azure, as `az login` or a workflow's identity: Key Vault Secrets Officer of the vault, Container Apps Contributor of what reads it. */
export class AzureSecretCloud implements SecretCloud {
  readonly #apps: AzureCalls;
  readonly #token: NonNullable<AzureCallOptions["token"]>;
  readonly #vaultUrl: (name: string) => string;

  constructor({ azure = {}, vaultUrl = (name) => `https://${name}.vault.azure.net` }: AzureSecretsOptions = {}) {
    this.#apps = new AzureCalls("2025-01-01", azure);
    this.#token = azure.token ?? azureToken;
    this.#vaultUrl = vaultUrl;
  }

  /** Source: Azure REST reference, "Set Secret", 7.4. Over the vault's own address: the resource manager would log the request. */
  async setSecret(vaultId: string, name: string, value: string, expires: Date): Promise<void> {
    const exp = Math.floor(expires.getTime() / 1000);
    await this.#askVault(vaultId, "PUT", `/secrets/${name}`, { value, attributes: { exp } });
  }

  /** Source: Azure REST reference, "Get Secret Versions", "Update Secret", 7.4. */
  async retireOlderVersions(vaultId: string, name: string): Promise<number> {
    const versions: { readonly id: string; readonly created: number; readonly enabled: boolean }[] = [];
    for (let path: string | undefined = `/secrets/${name}/versions`; path !== undefined; ) {
      const page: z.infer<typeof versionsSchema> = versionsSchema.parse(await this.#askVault(vaultId, "GET", path));
      versions.push(...page.value.map(({ id, attributes }) => ({ id, ...attributes })));
      const next: URL | undefined = page.nextLink ? new URL(page.nextLink) : undefined;
      path = next && `${next.pathname}${next.search}`;
    }
    const [, ...older] = versions.sort((one, other) => other.created - one.created);
    const enabled = older.filter((version) => version.enabled);
    for (const { id } of enabled) {
      await this.#askVault(vaultId, "PATCH", new URL(id).pathname, { attributes: { enabled: false } });
    }
    return enabled.length;
  }

  async #askVault(vaultId: string, method: string, path: string, body?: object): Promise<unknown> {
    const vault = vaultId.split("/").at(-1) ?? "";
    const signal = AbortSignal.timeout(requestSeconds * 1000);
    const token = await this.#token(signal, "https://vault.azure.net");
    const query = path.includes("api-version=") ? "" : `${path.includes("?") ? "&" : "?"}api-version=7.4`;
    const response = await fetch(`${this.#vaultUrl(vault)}${path}${query}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    }).catch((error: unknown) => {
      throw new Error(
        `${vault} cannot be reached: ${reason(error)}; join the tailnet: npm run doctor names what is lacking`,
      );
    });
    if (response.ok) return response.json();
    // What the vault answers is not repeated: it may quote what it was sent.
    throw new Error(`${vault} answers ${response.status}: ${refusals[response.status] ?? "try again later"}`);
  }

  /**
   * Sends the references again, as they are. A restart alone keeps the version that was read before. Source:
   * microsoft/azure-container-apps#856; Azure documentation, "Manage secrets in Azure Container Apps": otherwise within 30 minutes.
   */
  async refreshSecrets(id: string): Promise<void> {
    const { properties } = secretsSchema.parse(await (await this.#apps.send("GET", id)).json());
    const secrets = properties.configuration.secrets ?? [];
    // The service does not tell the values of others, and a list that lacks them deletes them.
    if (secrets.some(({ keyVaultUrl }) => typeof keyVaultUrl !== "string")) {
      throw new Error(
        `${id.split("/").at(-1)} has secrets that are not in a vault; it follows within 30 minutes by itself`,
      );
    }
    await this.#apps.change("PATCH", id, { properties: { configuration: { secrets } } });
  }

  /** Source: azure-rest-api-specs, Microsoft.App 2025-01-01, `ContainerAppsRevisions_RestartRevision`. */
  async restart(appId: string, revision: string): Promise<void> {
    await this.#apps.change("POST", `${appId}/revisions/${encodeURIComponent(revision)}/restart`);
  }
}

const refusals: Readonly<Record<number, string>> = {
  401: "it does not take who is signed in; az login",
  403: "it is closed to where you are (join the tailnet), or you lack the role Key Vault Secrets Officer; npm run doctor names which",
  404: "it has no such secret, or is deleted",
};

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
