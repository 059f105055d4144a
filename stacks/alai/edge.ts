import { type Output, secret } from "@pulumi/pulumi";
import { DnsZone, noBrowserIntegrityCheck } from "../../components/dns-zone/dns-zone";
import { EdgeAlerts } from "../../components/edge-alerts/edge-alerts";
import { Repository } from "../../components/repository/repository";
import type { CommitQueue } from "../../components/repository/repository-files";
import { type RepositoryEntry, repositorySchema } from "../../components/repository/schema";
import type { PagesSite, Site } from "../../components/static-site/schema";
import type { SiteDeployment } from "../../components/static-site/site-deployment";
import { sitePlan, siteRedirects, zoneOf } from "../../components/static-site/site-plan";
import { StaticSite } from "../../components/static-site/static-site";
import { refusal } from "../../lib/refusal";
import type { StackConfiguration } from "../stack-configuration";
import { developmentVariant } from "./development-sites";
import type { AlaiInventory } from "./inventory";

/** Zones, repositories and sites of the live environment. */
export interface Edge {
  readonly zones: readonly DnsZone[];
  readonly sites: readonly StaticSite[];
  /** By name. */
  readonly repositories: ReadonlyMap<string, Repository>;
}

/** Deploys the zones, the repositories and the sites of the inventory. Adding a site is one entry in `sites.yaml`. */
export function deployEdge(configuration: StackConfiguration, inventory: AlaiInventory, commits: CommitQueue): Edge {
  const { context, settings } = configuration;
  const accountId = settings.require("cloudflareAccountId");
  const { sites } = inventory.sites;

  const zones = new Map(
    inventory.zones.zones.map((entry) => {
      const { browserIntegrityCheckOff, ...rest } = entry;
      const sitesHere = sites.filter((site) => zoneOf(site) === entry.domain);
      const rules = [...sitesHere.flatMap(siteRedirects), ...noBrowserIntegrityCheck(browserIntegrityCheckOff)];
      return [entry.domain, new DnsZone(entry.domain, { context, accountId, ...rest, rules })] as const;
    }),
  );

  const repositories = new Map(
    repositoryEntries(inventory).map((entry) => {
      const ours = entry.name === inventory.pipelines.repository;
      const token = settings.requireSecret("pagesDeployToken");
      // Clients' sites are deployed from our repository: theirs do not get the account-wide token.
      const deploysClients = {
        secrets: { CLOUDFLARE_API_TOKEN: token },
        variables: { CLOUDFLARE_ACCOUNT_ID: accountId },
      };
      return [entry.name, new Repository(entry.name, { context, repository: entry, ...(ours ? deploysClients : {}) })];
    }),
  );

  const deployed = sites.map((site) => {
    const zone = zones.get(zoneOf(site) ?? "");
    const repository = "repository" in site ? repositories.get(site.repository) : undefined;
    return new StaticSite(
      site.domain,
      {
        context,
        accountId,
        site,
        ...(zone === undefined ? {} : { zone: { id: zone.zoneId, domain: zone.domain } }),
        deployment: deploymentOf(site, configuration, inventory, commits),
      },
      repository === undefined ? {} : { dependsOn: [repository] },
    );
  });
  new EdgeAlerts("edge-alerts", {
    context,
    accountId,
    alerts: inventory.monitoring.alerts,
    emails: Object.values(settings.requireObject<Record<string, string>>("alertEmails")),
  });
  return { zones: [...zones.values()], sites: deployed, repositories };
}

/** The repositories of the inventory, and those of sites that it does not list: they are made with the site. */
function repositoryEntries(inventory: AlaiInventory): readonly RepositoryEntry[] {
  const made = unlistedRepositories(inventory).map((name) => repositorySchema.parse({ name, visibility: "private" }));
  return [...inventory.repositories.repositories, ...made];
}

/** Sites' repositories that `repositories.yaml` does not list. */
export function unlistedRepositories({ repositories, sites }: AlaiInventory): readonly string[] {
  const listed = new Set(repositories.repositories.map((entry) => entry.name.toLowerCase()));
  const names = sites.sites.flatMap((site) => ("repository" in site ? [site.repository] : []));
  return names.filter((name) => !listed.has(name.toLowerCase()));
}

function deploymentOf(
  site: Site,
  { settings }: StackConfiguration,
  inventory: AlaiInventory,
  commits: CommitQueue,
): SiteDeployment {
  // What leaves is deployed by nobody, and its source needs no key any more.
  if (!("owner" in site) || site.state === "retired") return { by: "another-stack" };
  if (site.owner === "own") {
    const copy = sitePlan(site, developmentVariant).pages;
    return {
      by: "own-repository",
      commits,
      apiToken: settings.requireSecret("pagesDeployToken"),
      // The development environment's copy gets what goes live before it does.
      ...(copy === undefined ? {} : { firstTo: copy.project }),
    };
  }
  const listed = inventory.repositories.repositories.find((entry) => entry.name === site.repository);
  const isPublic = listed?.visibility === "public";
  return {
    by: "our-repository",
    commits,
    repository: inventory.pipelines.repository,
    branch: "main",
    sourceOwner: settings.require("githubOwner"),
    ...(isPublic ? {} : { sourceKey: sourceKey(site, settings.requireSecretObject("sourceKeys")) }),
  };
}

/** The key with which our workflows read a client's private repository. */
function sourceKey(site: PagesSite, keys: Output<Record<string, string>>): Output<string> {
  return secret(
    keys.apply((known) => {
      const key = known[site.repository];
      if (key === undefined) {
        const problem =
          `it is built from the private repository ${site.repository}, and there is no key to read it; ` +
          `set one: pulumi config set --secret --path sourceKeys.${site.repository}`;
        throw refusal(`site "${site.domain}"`, [problem], site);
      }
      return key;
    }),
  );
}
