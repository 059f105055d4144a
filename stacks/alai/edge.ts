import { EdgeAlerts } from "../../components/edge-alerts/edge-alerts";
import { Repository } from "../../components/repository/repository";
import type { CommitQueue } from "../../components/repository/repository-files";
import { type EnvironmentEntry, type RepositoryEntry, repositorySchema } from "../../components/repository/schema";
import type { Site } from "../../components/static-site/schema";
import { type SiteDeployment, siteEnvironments } from "../../components/static-site/site-deployment";
import { siteCacheRules, sitePlan, siteRedirects, zoneOf } from "../../components/static-site/site-plan";
import { StaticSite } from "../../components/static-site/static-site";
import { alertAddressesOf } from "../settings";
import type { StackConfiguration } from "../stack-configuration";
import { type DeployedZone, deployZone } from "../zones";
import { developmentVariant } from "./development-sites";
import type { AlaiInventory } from "./inventory";
import { unlistedRepositories } from "./inventory/program-jobs";

/** Zones, repositories and sites of the live environment. */
export interface Edge {
  readonly zones: readonly DeployedZone[];
  readonly sites: readonly StaticSite[];
  /** By name. */
  readonly repositories: ReadonlyMap<string, Repository>;
}

/** Deploys the zones, the repositories and the sites of the inventory. Adding a site is one entry in `sites.yaml`. */
export function deployEdge(configuration: StackConfiguration, inventory: AlaiInventory, commits: CommitQueue): Edge {
  const { context, settings } = configuration;
  const accountId = settings.require("cloudflareAccountId");
  const { sites, caching } = inventory.sites;

  const zones = new Map(
    inventory.zones.zones.map((entry) => {
      const sitesHere = sites.filter((site) => zoneOf(site) === entry.domain);
      const rules = [...sitesHere.flatMap(siteRedirects), ...siteCacheRules(sitesHere, caching)];
      return [entry.domain, deployZone({ context, accountId }, entry, rules)] as const;
    }),
  );

  const deployments = sites.map((site) => [site, deploymentOf(site, configuration, inventory, commits)] as const);
  const needed = deployments.flatMap(([site, deployment]) => {
    const { pages } = sitePlan(site);
    return (pages && siteEnvironments(pages.site, pages.project, deployment)) ?? [];
  });
  const repositories = new Map(
    repositoryEntries(inventory).map((entry) => {
      const ours = entry.name === inventory.pipelines.repository;
      const environments = needed.flatMap(({ repository, environments }) =>
        repository === entry.name ? environments : [],
      );
      return [
        entry.name,
        new Repository(entry.name, {
          context,
          repository: withEnvironments(entry, environments),
          // Clients' sites are deployed from our repository: theirs do not get the account-wide token.
          ...(ours ? { variables: { CLOUDFLARE_ACCOUNT_ID: accountId } } : {}),
        }),
      ];
    }),
  );

  const deployed = deployments.map(([site, deployment]) => {
    const zone = zones.get(zoneOf(site) ?? "");
    const dependsOn = [
      ...("repository" in site ? [site.repository] : []),
      ...(deployment.by === "our-repository" ? [deployment.repository] : []),
    ].flatMap((name) => repositories.get(name) ?? []);
    return new StaticSite(
      site.domain,
      {
        context,
        accountId,
        site,
        ...(zone === undefined ? {} : { zone: { id: zone.zoneId, domain: zone.domain } }),
        deployment,
      },
      { dependsOn },
    );
  });
  new EdgeAlerts("edge-alerts", {
    context,
    accountId,
    alerts: inventory.edge.alerts,
    emails: alertAddressesOf({ settings }),
  });
  return { zones: [...zones.values()], sites: deployed, repositories };
}

/** The repositories of the inventory, and those of sites that it does not list: they are made with the site. */
function repositoryEntries(inventory: AlaiInventory): readonly RepositoryEntry[] {
  const made = unlistedRepositories(inventory).map((name) => repositorySchema.parse({ name, visibility: "private" }));
  return [...inventory.repositories.repositories, ...made];
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
      // The development environment's copy gets what goes live before it does.
      ...(copy === undefined ? {} : { firstTo: copy.project }),
    };
  }
  const listed = inventory.repositories.repositories.find((entry) => entry.name === site.repository);
  return {
    by: "our-repository",
    commits,
    repository: inventory.pipelines.repository,
    branch: "main",
    sourceOwner: settings.require("githubOwner"),
    sourceIsPrivate: listed?.visibility !== "public",
  };
}

/** The environments of the entry, which may say more of those that sites need, and then the others that sites need. */
function withEnvironments(entry: RepositoryEntry, needed: readonly EnvironmentEntry[]): RepositoryEntry {
  const byName = new Map(entry.environments.map((environment) => [environment.name, environment]));
  for (const environment of needed) {
    const { secrets } = environment;
    const listed = byName.get(environment.name) ?? environment;
    byName.set(environment.name, { ...listed, secrets: [...new Set([...listed.secrets, ...secrets])] });
  }
  return { ...entry, environments: [...byName.values()] };
}
