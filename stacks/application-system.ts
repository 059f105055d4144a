import { getZoneOutput } from "@pulumi/cloudflare/getZone";
import { type Input, type Inputs, runtime } from "@pulumi/pulumi";
import type { DnsZone } from "../components/dns-zone/dns-zone";
import type { DatabaseReader } from "../components/postgres-server/database-roles";
import type { PostgresAdministrator } from "../components/postgres-server/postgres-server-args";
import { deployPlatform, type Platform, watchPlatform } from "../components/services/deploy-platform";
import { tagTransformation } from "../components/tags/tag-transformation";
import { refusal } from "../lib/refusal";
import { type ApplicationInventory, loadApplicationInventory } from "./inventory/application-inventory";
import { entryOf } from "./inventory/files";
import { zonesOfPublicApps } from "./inventory/rules/app-rules";
import { vaultSecrets } from "./inventory/rules/secret-rules";
import { addressBlockOf, type SystemProgram } from "./registry";
import { platformSettings } from "./settings";
import { revisionChecks } from "./smoke-checks";
import type { StackConfiguration } from "./stack-configuration";
import { deployZone } from "./zones";

/** Deploys one environment of a system and returns the stack's outputs. */
export type EnvironmentComposition = (configuration: StackConfiguration, inventory: ApplicationInventory) => Inputs;

/** A system that is services, what they use, and the zones they are reached by. */
export interface ApplicationSystem {
  /** Its directory below `stacks/`. */
  readonly name: string;
  /** Its compositions by environment. Each is loaded when it is asked for. */
  readonly compositions: Readonly<Record<string, () => EnvironmentComposition>>;
}

/** @throws {LocatedError} on deployment, before anything is made, when the inventory is wrong */
export function applicationSystem({ name, compositions }: ApplicationSystem): SystemProgram {
  return {
    settings: Object.fromEntries(Object.keys(compositions).map((composition) => [composition, platformSettings])),
    deploy: (composition, configuration) => {
      const load = compositions[composition];
      if (load === undefined) {
        throw refusal(`composition "${composition}"`, [
          `stacks/registry.ts names it, and stacks/${name} does not have it`,
        ]);
      }
      const inventory = loadApplicationInventory(`${__dirname}/${name}/inventory`, addressBlockOf(name));
      runtime.registerStackTransformation(tagTransformation(configuration.context));
      return load()(configuration, inventory);
    },
  };
}

/** An environment that is deployed, and what its stack says of it. */
export interface DeployedEnvironment {
  readonly platform: Platform;
  readonly outputs: Inputs;
}

/**
 * The environment of a stack, as the inventory has it: the platform with its services, its budget and who hears of what goes wrong.
 * Its vault is reached by its apps, and by laptops from listed addresses, because people set its secrets.
 *
 * @param ownZones the zones, where this environment makes them; else those of its public apps are looked up by their names
 */
export function deployEnvironment(
  configuration: StackConfiguration,
  inventory: ApplicationInventory,
  ownZones: readonly DnsZone[] = [],
): DeployedEnvironment {
  const { context, settings, tenantId } = configuration;
  const environment = entryOf(inventory.environments.environments, context, "environments.yaml");
  const platform = deployPlatform({
    context,
    tenantId,
    environment,
    network: entryOf(inventory.network.networks, context, "network.yaml"),
    services: inventory.services.services,
    cloudflareAccountId: settings.require("cloudflareAccountId"),
    zones: zonesOfApps(configuration, inventory, ownZones),
    administrators: settings.requireObject<PostgresAdministrator[]>("databaseAdministrators"),
    readers: settings.getObject<DatabaseReader[]>("databaseReaders"),
    vault: {
      secrets: vaultSecrets(inventory, context.environment),
      reachedBy: [
        { who: "apps", via: "private-endpoint" },
        { who: "laptops", via: "addresses", addresses: settings.requireObject<string[]>("operatorAddresses") },
      ],
    },
  });
  const emails = settings.requireObject<Record<string, string>>("alertEmails");
  watchPlatform({ context, platform, budget: environment.budget, emails, runbooks: settings.require("runbooks") });
  return {
    platform,
    outputs: {
      appsDomain: platform.environment.defaultDomain,
      postgresHost: platform.postgres.host,
      // What a replica in another stack is made from.
      postgresId: platform.postgres.id,
      vaultUri: platform.vault.uri,
      smokeChecks: revisionChecks(platform.apps),
    },
  };
}

/** The ids of the zones in which an environment's public apps have their names. */
function zonesOfApps(
  { context, settings }: StackConfiguration,
  inventory: ApplicationInventory,
  ownZones: readonly DnsZone[],
): ReadonlyMap<string, Input<string>> {
  const own = new Map(ownZones.map(({ domain, zoneId }) => [domain, zoneId]));
  const used = zonesOfPublicApps(inventory, context.environment);
  return new Map(
    used.map((name) => {
      const account = { id: settings.require("cloudflareAccountId") };
      return [name, own.get(name) ?? getZoneOutput({ filter: { name, account } }).zoneId];
    }),
  );
}

/** The zones of a system, made by the environment that owns them. */
export function deployZones({ context, settings }: StackConfiguration, { zones }: ApplicationInventory) {
  const accountId = settings.require("cloudflareAccountId");
  const made = zones.zones.map((entry) => deployZone({ context, accountId }, entry));
  return {
    zones: made,
    outputs: {
      nameServers: Object.fromEntries(made.map((zone) => [zone.domain, zone.nameServers])),
      // A signed zone is pending until its registrar publishes this.
      dsRecords: Object.fromEntries(made.flatMap(({ domain, dsRecord }) => (dsRecord ? [[domain, dsRecord]] : []))),
    },
  };
}
