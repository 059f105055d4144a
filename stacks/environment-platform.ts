import type { DatabaseReader } from "../components/postgres-server/database-roles";
import type { Reach } from "../components/reach/reach-plan";
import { deployPlatform, type Platform, type PlatformArgs } from "../components/services/deploy-platform";
import type { ReleasePrincipals } from "../components/services/release-access";
import type { PrimaryPlaces } from "../components/services/standby";
import { type WatchArgs, watchPlatform } from "../components/services/watch-platform";
import { entryOf, type InventoryContents } from "./inventory/files";
import { vaultSecrets } from "./inventory/rules/secret-rules";
import { administratorsOf } from "./settings";
import type { StackConfiguration } from "./stack-configuration";

/** What of an environment no inventory says. */
export interface EnvironmentPlatformOptions
  extends Pick<PlatformArgs, "zones" | "balancers" | "renewCertificate" | "cloudflareAccountId"> {
  /** Who reaches its vault, and how. */
  readonly reachedBy: readonly Reach[];
  /** For an environment that stands by for another: what that one's stack says of itself. */
  readonly primary?: PrimaryPlaces | undefined;
}

type EnvironmentInventories = Pick<
  InventoryContents,
  "environments" | "monitoring" | "network" | "secrets" | "services"
>;

/** The platform of a stack's environment, as inventory and configuration have it. */
export function deployEnvironmentPlatform(
  configuration: StackConfiguration,
  inventory: EnvironmentInventories,
  { reachedBy, primary, ...rest }: EnvironmentPlatformOptions,
): Platform {
  const { context, settings, tenantId } = configuration;
  const environment = entryOf(inventory.environments.environments, context, "environments.yaml");
  const { standby } = environment;
  const other = standby && {
    environment: entryOf(inventory.environments.environments, { environment: standby.of }, "environments.yaml"),
    addressSpace: entryOf(inventory.network.networks, { environment: standby.of }, "network.yaml").addressSpace,
  };
  return deployPlatform({
    ...rest,
    primary: primary && other && { ...primary, ...other },
    context,
    tenantId,
    environment,
    network: entryOf(inventory.network.networks, context, "network.yaml"),
    services: inventory.services.services,
    administrators: administratorsOf(configuration),
    releasedBy: settings.getObject<ReleasePrincipals>("releasePrincipals"),
    readers: settings.getObject<DatabaseReader[]>("databaseReaders"),
    vault: { secrets: vaultSecrets(inventory, context.environment), reachedBy },
  });
}

/** Who hears of what goes wrong in a stack's environment; after everything there that is watched. */
export function watchEnvironmentPlatform(
  { context, settings }: StackConfiguration,
  inventory: EnvironmentInventories,
  platform: Platform,
  beside: Pick<WatchArgs, "runbooks" | "jobs" | "apps" | "otherGroups">,
): void {
  watchPlatform({
    ...{ ...beside, context, platform },
    environment: entryOf(inventory.environments.environments, context, "environments.yaml"),
    services: inventory.services.services,
    monitoring: inventory.monitoring,
    receivers: settings.requireObject<Record<string, string>>("alertEmails"),
  });
}
