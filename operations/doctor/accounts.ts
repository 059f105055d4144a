import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { z } from "zod";
import { type AzureCallOptions, AzureCalls } from "../../lib/azure/resource-client";
import { azureToken } from "../../lib/azure/sign-in";
import { githubClient } from "../../lib/github/github-client";
import { statusOf } from "../../lib/github/github-error";
import { isPrivate, parseBlock } from "../../lib/ipv4";
import { type CloudflareAccess, cloudflareClient } from "../drift/cloud-inventory";
import { TailscaleInventory, type TailscaleInventoryOptions } from "../drift/tailscale-inventory";
import { parseRoleRules, type RoleRules } from "./role-rules";

/** Whom a stack's program asks. */
export const services = ["azure", "cloudflare", "github", "tailscale"] as const;
export type Service = (typeof services)[number];

/** A zone as the account has it. */
export interface AccountZone {
  readonly name: string;
  /** @example "active", "pending" */
  readonly status: string;
  /** @example "free" */
  readonly plan: string;
  readonly nameServers: readonly string[];
}

/** What may be done in a subscription. Source: Azure documentation, "Understand Azure role definitions". */
export interface AllowedActions {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

export interface Federation {
  readonly issuer: string;
  readonly subject: string;
}

/** Resource types whose names are unique in all of Azure, with what the provider calls the name. */
export const worldwideNames = {
  "azure-native:keyvault:Vault": { input: "vaultName", namespace: "Microsoft.KeyVault", kind: "vaults" },
  "azure-native:storage:StorageAccount": {
    input: "accountName",
    namespace: "Microsoft.Storage",
    kind: "storageAccounts",
  },
  "azure-native:containerregistry:Registry": {
    input: "registryName",
    namespace: "Microsoft.ContainerRegistry",
    kind: "registries",
  },
  "azure-native:dbforpostgresql:Server": {
    input: "serverName",
    namespace: "Microsoft.DBforPostgreSQL",
    kind: "flexibleServers",
  },
} as const;
export type NamedType = keyof typeof worldwideNames;

/** The accounts that stacks are deployed to, as whoever asks sees them. What may not be read throws. */
export interface Accounts {
  /** Why nobody is signed in there; undefined when somebody is. @param owner the organisation at GitHub */
  signInProblem(service: Service, owner: string): Promise<string | undefined>;
  allowedActions(subscription: string): Promise<readonly AllowedActions[]>;
  /** Those of the resource providers that are not registered in a subscription. @example ["Microsoft.app"] */
  missingProviders(subscription: string, needed: readonly string[]): Promise<readonly string[]>;
  zones(): Promise<readonly AccountZone[]>;
  /** Those of the permissions that the token at Cloudflare does not have, by their names. @example ["DNS Write"] */
  missingRights(needed: readonly string[]): Promise<readonly string[]>;
  /** Those of the apps, by number or by client id, that are not installed in an organisation at GitHub. */
  missingApps(owner: string, needed: readonly string[]): Promise<readonly string[]>;
  /** The secrets of a deployment environment at GitHub that nobody has set since they were made, by name. */
  unsetSecrets(owner: string, repository: string, environment: string): Promise<readonly string[]>;
  /** Undefined when there is no such credential. */
  federation(credentialId: string): Promise<Federation | undefined>;
  /** What has to be so for somebody to get a role that they asked for. @throws where the tenant's licence has no such roles */
  roleRules(scope: string, roleDefinitionId: string): Promise<RoleRules>;
  /** Why a name cannot be taken; undefined when it can. */
  nameProblem(type: NamedType, name: string, subscription: string): Promise<string | undefined>;
  /** Why a private name cannot be reached from here; undefined when it can. */
  reachProblem(host: string): Promise<string | undefined>;
}

export interface RealAccountsOptions {
  readonly azure?: AzureCallOptions;
  readonly cloudflare?: CloudflareAccess;
  readonly tailscale?: TailscaleInventoryOptions;
  /** A token and, for tests, an address. Default: `GITHUB_TOKEN`, `GITHUB_API_URL`. */
  readonly github?: { readonly token: string; readonly baseUrl?: string };
}

const permissionsSchema = z.object({ actions: z.array(z.string()), notActions: z.array(z.string()).default([]) });
const providerSchema = z.object({ namespace: z.string(), registrationState: z.string() });
const credentialSchema = z.object({ properties: z.object({ issuer: z.string(), subject: z.string() }) });
const availabilitySchema = z.object({
  nameAvailable: z.boolean(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
});
const environmentSecretsSchema = z.object({
  secrets: z.array(z.object({ name: z.string(), created_at: z.string(), updated_at: z.string() })),
});
const installationsSchema = z.object({
  installations: z.array(z.object({ app_id: z.number(), client_id: z.string().optional() })),
});

/** Versions of the services' APIs. Source: azure-rest-api-specs. */
const apiVersions = {
  authorization: "2022-04-01",
  resources: "2021-04-01",
  identities: "2023-01-31",
  policies: "2020-10-01",
  "Microsoft.KeyVault": "2023-07-01",
  "Microsoft.Storage": "2024-01-01",
  "Microsoft.ContainerRegistry": "2023-07-01",
  "Microsoft.DBforPostgreSQL": "2025-08-01",
} as const;

/** The real accounts, through the clients that everything else here uses, as whoever is signed in. */
export class RealAccounts implements Accounts {
  constructor(private readonly options: RealAccountsOptions = {}) {}

  async signInProblem(service: Service, owner: string): Promise<string | undefined> {
    try {
      await this.#signIn(service, owner);
      return undefined;
    } catch (error) {
      return (error instanceof Error ? error.message : String(error)).split("\n")[0];
    }
  }

  async #signIn(service: Service, owner: string): Promise<void> {
    switch (service) {
      case "azure":
        await (this.options.azure?.token ?? azureToken)();
        return;
      case "cloudflare": {
        const { status } = await (await this.#cloudflare()).user.tokens.verify();
        if (status !== "active") throw new Error(`the token is ${status}`);
        return;
      }
      case "github":
        await this.#github().request("GET /orgs/{org}", { org: owner });
        return;
      case "tailscale":
        await new TailscaleInventory(this.options.tailscale).list({ cloud: "tailscale" });
    }
  }

  async allowedActions(subscription: string): Promise<readonly AllowedActions[]> {
    const path = `/subscriptions/${subscription}/providers/Microsoft.Authorization/permissions`;
    return (await this.#azure("authorization").list(path)).map((one) => permissionsSchema.parse(one));
  }

  async missingProviders(subscription: string, needed: readonly string[]): Promise<readonly string[]> {
    const listed = await this.#azure("resources").list(`/subscriptions/${subscription}/providers`);
    const registered = listed
      .map((one) => providerSchema.parse(one))
      .filter(({ registrationState }) => registrationState === "Registered")
      .map(({ namespace }) => namespace.toLowerCase());
    return needed.filter((namespace) => !registered.includes(namespace.toLowerCase()));
  }

  async zones(): Promise<readonly AccountZone[]> {
    const zones: AccountZone[] = [];
    for await (const zone of (await this.#cloudflare()).zones.list()) {
      const { name, status = "unknown", plan, name_servers } = zone;
      zones.push({ name, status, plan: plan.legacy_id ?? "free", nameServers: name_servers });
    }
    return zones;
  }

  /** Source: Cloudflare API reference, "Verify Token", "Token Details": the second takes the permission API Tokens Read. */
  async missingRights(needed: readonly string[]): Promise<readonly string[]> {
    const { tokens } = (await this.#cloudflare()).user;
    const { id } = await tokens.verify();
    const { policies = [] } = await tokens.get(id);
    const held = policies.flatMap(({ permission_groups }) => permission_groups.flatMap(({ name }) => name ?? []));
    return needed.filter((name) => !held.includes(name));
  }

  /** Source: GitHub REST reference, "List app installations for an organization". It takes an owner's token. */
  async missingApps(owner: string, needed: readonly string[]): Promise<readonly string[]> {
    const answer = await this.#github().request("GET /orgs/{org}/installations", { org: owner, per_page: 100 });
    const { installations } = installationsSchema.parse(answer.data);
    const installed = installations.flatMap(({ app_id, client_id }) => [String(app_id), client_id]);
    return needed.filter((app) => !installed.includes(app));
  }

  /** Source: GitHub REST reference, "List environment secrets": when each was made and last set, never a value. */
  async unsetSecrets(owner: string, repository: string, environment: string): Promise<readonly string[]> {
    const path = "GET /repos/{owner}/{repo}/environments/{environment_name}/secrets";
    const place = { owner, repo: repository, environment_name: environment, per_page: 100 };
    const { secrets } = environmentSecretsSchema.parse((await this.#github().request(path, place)).data);
    return secrets.filter(({ created_at, updated_at }) => created_at === updated_at).map(({ name }) => name);
  }

  async federation(credentialId: string): Promise<Federation | undefined> {
    try {
      const response = await this.#azure("identities").send("GET", credentialId);
      return credentialSchema.parse(await response.json()).properties;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async roleRules(scope: string, roleDefinitionId: string): Promise<RoleRules> {
    const filter = encodeURIComponent(`roleDefinitionId eq '${roleDefinitionId}'`);
    const path = `${scope}/providers/Microsoft.Authorization/roleManagementPolicies?$filter=${filter}`;
    const [policy] = await this.#azure("policies").list(path);
    return parseRoleRules(policy);
  }

  async nameProblem(type: NamedType, name: string, subscription: string): Promise<string | undefined> {
    const { namespace, kind } = worldwideNames[type];
    const path = `/subscriptions/${subscription}/providers/${namespace}/checkNameAvailability`;
    const question = { name, type: `${namespace}/${kind}` };
    const answer = availabilitySchema.parse(await (await this.#azure(namespace).send("POST", path, question)).json());
    return answer.nameAvailable ? undefined : (answer.message ?? answer.reason ?? "it is taken");
  }

  async reachProblem(host: string): Promise<string | undefined> {
    try {
      const { address } = await lookup(host, { family: 4 });
      const block = parseBlock(`${address}/32`);
      if (block === undefined || !isPrivate(block))
        return `its name leads to the public address ${address}: the tailnet's DNS does not answer here`;
      await reach(address);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #azure(service: keyof typeof apiVersions): AzureCalls {
    return new AzureCalls(apiVersions[service], this.options.azure);
  }

  #cloudflare() {
    return cloudflareClient(this.options.cloudflare ?? {}, "zones cannot be read");
  }

  #github() {
    const { token = process.env.GITHUB_TOKEN ?? "", baseUrl = process.env.GITHUB_API_URL } = this.options.github ?? {};
    if (token === "") throw new Error("GITHUB_TOKEN is not set");
    return githubClient({ token, ...(baseUrl === undefined ? {} : { baseUrl }) });
  }
}

const reachMilliseconds = 5000;

function reach(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: 443, timeout: reachMilliseconds });
    socket.on("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.on("timeout", () => socket.destroy(new Error(`${address} does not answer within 5 s`)));
    socket.on("error", reject);
  });
}
