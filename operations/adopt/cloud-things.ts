import { type AzureAccess, AzureCalls, azureResourceClient } from "../../lib/azure/resource-client";
import { isSignInError } from "../../lib/azure/sign-in";
import { type GithubAccess, type GithubClient, githubClient } from "../../lib/github/github-client";
import { statusOf } from "../../lib/github/github-error";
import { readPages } from "../../lib/github/read-pages";
import type { JsonObject } from "../../lib/json-value";
import { type CloudflareAccess, cloudflareClient } from "../drift/cloud-inventory";
import { NotSignedIn } from "../drift/unmanaged";
import type { ExistingThing, ExistingThings } from "./find-existing";

export interface CloudThingsOptions {
  /** The organisation or account whose repositories are looked at. */
  readonly githubOwner: string;
  readonly azure?: AzureAccess;
  readonly cloudflare?: CloudflareAccess;
  /** Default: `GITHUB_TOKEN`, at GitHub's public API. */
  readonly github?: Partial<GithubAccess>;
}

type Look = (scope: Readonly<Record<string, string>>) => Promise<readonly ExistingThing[]>;

/** Looks at the real accounts, each through its own API, with the credentials that the providers use too. Only reads. */
export class CloudThings implements ExistingThings {
  private readonly groups = new Map<string, Promise<ReadonlySet<string>>>();
  private readonly looks: Readonly<Record<string, Look>>;
  private cloudflare: ReturnType<typeof cloudflareClient> | undefined;
  private github: GithubClient | undefined;

  constructor(private readonly options: CloudThingsOptions) {
    const owner = options.githubOwner;
    this.looks = {
      "cloudflare:index/zone:Zone": async ({ name = "" }) => {
        const zones = (await this.cloudflareApi()).zones.list({ name });
        return (await all(zones)).map(({ id }) => thing(id, { name }));
      },
      "cloudflare:index/dnsRecord:DnsRecord": async ({ zoneId = "", name = "" }) => {
        const records = (await this.cloudflareApi()).dns.records.list({ zone_id: zoneId, name: { exact: name } });
        return (await all(records)).map((record) => {
          const content = "content" in record && typeof record.content === "string" ? record.content : "";
          const priority = "priority" in record && typeof record.priority === "number" ? record.priority : null;
          return thing(record.id, { zoneId, name, type: record.type, content, priority });
        });
      },
      "cloudflare:index/ruleset:Ruleset": async ({ zoneId = "" }) => {
        const rulesets = (await this.cloudflareApi()).rulesets.list({ zone_id: zoneId });
        return (await all(rulesets))
          .filter(({ kind }) => kind === "zone")
          .map(({ id, phase }) => thing(id, { zoneId, phase }));
      },
      "cloudflare:index/pagesProject:PagesProject": async ({ accountId = "", name = "" }) => {
        const { pages } = await this.cloudflareApi();
        return this.one(name, () => pages.projects.get(name, { account_id: accountId }));
      },
      "cloudflare:index/pagesDomain:PagesDomain": async ({ accountId = "", projectName = "", name = "" }) => {
        const { pages } = await this.cloudflareApi();
        return this.one(name, () =>
          pages.projects.domains.get(name, { account_id: accountId, project_name: projectName }),
        );
      },
      "cloudflare:index/r2Bucket:R2Bucket": async ({ accountId = "", name = "", jurisdiction = "default" }) => {
        const { r2 } = await this.cloudflareApi();
        const place = jurisdiction === "eu" ? jurisdiction : "default";
        return this.one(name, () => r2.buckets.get(name, { account_id: accountId, "cf-r2-jurisdiction": place }));
      },
      "github:index/repository:Repository": ({ name = "" }) =>
        this.asked("GET /repos/{owner}/{repo}", { owner, repo: name }, name),
      "github:index/repositoryEnvironment:RepositoryEnvironment": ({ repository: repo = "", environment = "" }) =>
        this.asked(
          "GET /repos/{owner}/{repo}/environments/{environment}",
          { owner, repo, environment },
          `${repo}:${environment}`,
        ),
      "github:index/actionsVariable:ActionsVariable": ({ repository: repo = "", variableName: name = "" }) =>
        this.asked("GET /repos/{owner}/{repo}/actions/variables/{name}", { owner, repo, name }, `${repo}:${name}`),
      "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": ({
        repository: repo = "",
        environment = "",
        variableName: name = "",
      }) =>
        this.asked(
          "GET /repos/{owner}/{repo}/environments/{environment}/variables/{name}",
          { owner, repo, environment, name },
          `${repo}:${environment}:${name}`,
        ),
      "github:index/repositoryRuleset:RepositoryRuleset": ({ repository: repo = "" }) => this.rulesets(repo),
      // A tailnet always has these.
      "tailscale:index/acl:Acl": async () => [thing("acl", {})],
      "tailscale:index/dnsConfiguration:DnsConfiguration": async () => [thing("dns_configuration", {})],
      "tailscale:index/tailnetSettings:TailnetSettings": async () => [thing("tailnet_settings", {})],
    };
  }

  async find(type: string, scope: JsonObject): Promise<readonly ExistingThing[]> {
    const look = this.looks[type];
    if (look === undefined) throw new Error(`nothing looks for ${type}`);
    return look(Object.fromEntries(Object.entries(scope).map(([key, value]) => [key, String(value)])));
  }

  async hasAzure(id: string, apiVersion?: string): Promise<boolean> {
    if (apiVersion !== undefined) return this.hasInside(id, apiVersion);
    const [, group = "", inside] = /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)(\/.*)?$/i.exec(id) ?? [];
    const ids = this.groups.get(group) ?? this.listGroup(group);
    this.groups.set(group, ids);
    return (await ids).has((inside === undefined ? group : id).toLowerCase());
  }

  /** Whether a child resource exists: the list of a resource group leaves those out. */
  private async hasInside(id: string, apiVersion: string): Promise<boolean> {
    try {
      const calls = new AzureCalls(apiVersion, this.options.azure ?? {});
      return (await this.one(id, () => calls.send("GET", id))).length > 0;
    } catch (error) {
      throw notSignedIn(error, id);
    }
  }

  /** The ids of a group and of what is in it; none when there is no such group. */
  private async listGroup(id: string): Promise<ReadonlySet<string>> {
    const [, , subscription = "", , group = ""] = id.split("/");
    const ids = new Set<string>();
    try {
      const client = await azureResourceClient(subscription, this.options.azure ?? {});
      if (!(await client.resourceGroups.checkExistence(group)).body) return ids;
      ids.add(id.toLowerCase());
      for await (const { id: found } of client.resources.listByResourceGroup(group)) {
        if (found !== undefined) ids.add(found.toLowerCase());
      }
      return ids;
    } catch (error) {
      throw notSignedIn(error, group);
    }
  }

  private async cloudflareApi() {
    this.cloudflare ??= cloudflareClient(this.options.cloudflare ?? {}, "zones and projects cannot be looked at");
    return this.cloudflare;
  }

  /** What a request for one thing tells: that thing, or that there is none. */
  private one(id: string, ask: () => PromiseLike<unknown>): Promise<readonly ExistingThing[]> {
    return noneIfMissing(async () => {
      await ask();
      return [thing(id, {})];
    });
  }

  private asked(route: string, parameters: Readonly<Record<string, string>>, id: string) {
    return this.one(id, () => this.githubApi().request(route, parameters));
  }

  private rulesets(repo: string): Promise<readonly ExistingThing[]> {
    const owner = this.options.githubOwner;
    return noneIfMissing(async () => {
      const { entries } = await readPages(async (query) => {
        const { data } = await this.githubApi().request("GET /repos/{owner}/{repo}/rulesets", {
          owner,
          repo,
          ...query,
        });
        return data;
      });
      return entries.map(({ id, name }) => thing(String(id), { repository: repo, name }));
    });
  }

  private githubApi(): GithubClient {
    const { token = process.env.GITHUB_TOKEN, ...access } = this.options.github ?? {};
    if (token === undefined || token === "")
      throw new NotSignedIn(
        "GitHub's repositories cannot be looked at: set GITHUB_TOKEN to a token that may read them",
      );
    this.github ??= githubClient({ token, ...access });
    return this.github;
  }
}

function notSignedIn(error: unknown, place: string): unknown {
  if (!isSignInError(error)) return error;
  return new NotSignedIn(`Azure cannot be asked what is in ${place}: sign in with az login`, { cause: error });
}

/** What a service lists; nothing where it answers that there is no such place. */
async function noneIfMissing(list: () => Promise<readonly ExistingThing[]>): Promise<readonly ExistingThing[]> {
  try {
    return await list();
  } catch (error) {
    if (statusOf(error) === 404) return [];
    throw error;
  }
}

function thing(id: string, properties: JsonObject): ExistingThing {
  return { id, properties };
}

async function all<Entry>(pages: AsyncIterable<Entry>): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of pages) entries.push(entry);
  return entries;
}
