import { getZoneOutput } from "@pulumi/cloudflare/getZone";
import type { Inputs } from "@pulumi/pulumi";
import { zoneOf } from "../../components/static-site/site-plan";
import { StaticSite } from "../../components/static-site/static-site";
import { revisionChecks } from "../smoke-checks";
import type { StackConfiguration } from "../stack-configuration";
import { deployControlPlane, watchControlPlane } from "./control-plane";
import { developmentVariant, hasDevelopmentCopy } from "./development-sites";
import type { AlaiInventory } from "./inventory";

/**
 * The development environment: the control plane once more, small and apart, and a copy of each of our own sites under `dev.` names,
 * in the zones that `prod` owns.
 */
export function dev(configuration: StackConfiguration, inventory: AlaiInventory): Inputs {
  const { context, settings } = configuration;
  const controlPlane = deployControlPlane(configuration, inventory, {
    reachedBy: [
      { who: "apps", via: "private-endpoint" },
      { who: "laptops", via: "addresses", addresses: settings.requireObject<string[]>("operatorAddresses") },
    ],
  });
  watchControlPlane(configuration, inventory, controlPlane);

  const accountId = settings.require("cloudflareAccountId");
  const sites = inventory.sites.sites.flatMap((site) => {
    if (!hasDevelopmentCopy(site)) return [];
    const domain = zoneOf(site);
    const zone = domain !== undefined && {
      id: getZoneOutput({ filter: { name: domain, account: { id: accountId } } }).zoneId,
      domain,
    };
    // The workflow in the site's repository, which prod owns, deploys here first.
    const deployment = { by: "another-stack" } as const;
    return [
      new StaticSite(site.domain, {
        context,
        accountId,
        ...(zone && { zone }),
        site,
        variant: developmentVariant,
        deployment,
      }),
    ];
  });

  return {
    sites: sites.map((site) => site.url),
    postgresHost: controlPlane.postgres.host,
    appsDomain: controlPlane.environment.defaultDomain,
    vaultUri: controlPlane.vault.uri,
    smokeChecks: revisionChecks(controlPlane.apps),
  };
}
