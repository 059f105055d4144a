import type { WatchedJob } from "../components/observability/watch-rules";
import type { DatabaseReader } from "../components/postgres-server/database-roles";
import type { Reach } from "../components/reach/reach-plan";
import { deployPlatform, type Platform, type PlatformArgs } from "../components/services/deploy-platform";
import type { ReleasePrincipals } from "../components/services/release-access";
import type { PrimaryPlaces } from "../components/services/standby";
import { watchPlatform } from "../components/services/watch-platform";
import { entryOf, type InventoryContents } from "./inventory/files";
import { vaultSecrets } from "./inventory/rules/secret-rules";
import { administratorsOf } from "./settings";
import type { StackConfiguration } from "./stack-configuration";

/** What of an environment no inventory says. */
export interface EnvironmentPlatformOptions
  extends Pick<PlatformArgs, "zones" | "balancers" | "renewCertificate" | "cloudflareAccountId"> {
  /** Who reaches its vault, and how. */
  readonly reachedBy: readonly Reach[];
  /** Where runbooks are: every alert names its page. */
  readonly runbooks: string;
  /** Jobs that run there beside its services. Default: none. */
  readonly jobs?: readonly WatchedJob[] | undefined;
  /** Names of resource groups that the stack has beside the environment's own. Default: none. */
  readonly otherGroups?: readonly string[] | undefined;
  /** For an environment that stands by for another: what that one's stack says of itself. */
  readonly primary?: PrimaryPlaces | undefined;
}

/** The platform of a stack's environment, as inventory and configuration have it, and who hears of what goes wrong there. */
export function deployEnvironmentPlatform(
  configuration: StackConfiguration,
  inventory: Pick<InventoryContents, "environments" | "monitoring" | "network" | "secrets" | "services">,
  { reachedBy, runbooks, jobs, otherGroups, primary, ...rest }: EnvironmentPlatformOptions,
): Platform {
  const { context, settings, tenantId } = configuration;
  const environment = entryOf(inventory.environments.environments, context, "environments.yaml");
  const { standby } = environment;
  const other = standby && {
    environment: entryOf(inventory.environments.environments, { environment: standby.of }, "environments.yaml"),
    addressSpace: entryOf(inventory.network.networks, { environment: standby.of }, "network.yaml").addressSpace,
  };
  const platform = deployPlatform({
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
  watchPlatform({
    ...{ context, platform, environment, runbooks, jobs, otherGroups },
    services: inventory.services.services,
    monitoring: inventory.monitoring,
    receivers: settings.requireObject<Record<string, string>>("alertEmails"),
  });
  return platform;
}
