import type { Inputs } from "@pulumi/pulumi";
import { Budget } from "../components/budget/budget";
import type { ServiceInventory } from "../components/container-apps/schema";
import { previewEnvironment } from "../components/delivery/delivery-plan";
import { deployGround, deployWorkloads } from "../components/services/deploy-platform";
import { refusal } from "../lib/refusal";
import { entryOf, type InventoryContents } from "./inventory/files";
import { administratorsOf, alertAddressesOf } from "./settings";
import type { StackConfiguration } from "./stack-configuration";

/** Part of the inventory files: all preview environments of a system are alike. */
const shared = { environment: previewEnvironment } as const;

/**
 * The preview environment of one pull request: a system's services with what they use, as small as they get, in a group of its own
 * that holds nothing anybody would miss.
 *
 * It has no vault and no backup store: both keep names and contents after they are deleted. Services that need secrets are left out,
 * because nobody would come and set them for a few days, and whoever calls them is told of no address. It has no names in any zone.
 *
 * @throws when it is not told when it ends, or is meant to last: nothing would ever take it away
 */
export function preview(
  configuration: StackConfiguration,
  inventory: Pick<InventoryContents, "environments" | "network" | "services">,
): Inputs {
  const { context, tenantId } = configuration;
  const expiresAt = lastDay(configuration);
  const environment = entryOf(inventory.environments.environments, shared, "environments.yaml");
  const network = entryOf(inventory.network.networks, shared, "network.yaml");

  // On the group alone: every push moves the day, and nothing else has to change with it.
  const ground = deployGround({ context, environment, network }, { ExpiresAt: expiresAt });
  const deployed = deployWorkloads(
    {
      context,
      tenantId,
      environment,
      services: completeServices(inventory.services.services),
      administrators: administratorsOf(configuration),
    },
    ground,
    { secret: withoutVault },
  );
  const contactEmails = alertAddressesOf(configuration);
  new Budget("monthly", { context, scope: deployed.groupId, ...environment.budget, contactEmails });

  return {
    expiresAt,
    resourceGroup: deployed.resourceGroupName,
    ...(deployed.registry === undefined ? {} : { registry: deployed.registry.loginServer }),
    appsDomain: deployed.environment.defaultDomain,
    postgresHost: deployed.postgres.host,
  };
}

function lastDay({ context, settings }: StackConfiguration): string {
  const subject = `environment "${context.environment}"`;
  if (context.lasting) throw refusal(subject, ["a preview does not last; set landscape:lasting to false"]);
  const day = settings.get("expiresAt");
  if (day !== undefined) return day;
  throw refusal(subject, [
    "a preview must say on which day it ends; set landscape:expiresAt to one such as 2026-12-01",
  ]);
}

/** The services that are in a preview; they call no other. */
function completeServices(services: readonly ServiceInventory[]): readonly ServiceInventory[] {
  const complete = services.filter(isComplete);
  return complete.map(({ calls = [], ...service }) => ({
    ...service,
    calls: calls.filter((called) => complete.some(({ name }) => name === called)),
  }));
}

/** Whether a service works without anything that a person sets by hand. */
function isComplete({ secrets, pull }: ServiceInventory): boolean {
  return Object.keys(secrets ?? {}).length === 0 && pull === undefined;
}

function withoutVault(secret: string): never {
  throw refusal(`secret "${secret}"`, ["a preview environment has no vault"]);
}
