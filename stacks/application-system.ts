import { getZone } from "@pulumi/cloudflare/getZone";
import { type Input, type Inputs, output, runtime } from "@pulumi/pulumi";
import { OriginCertificate } from "../components/container-apps/origin-certificate";
import { certificateRenewal } from "../components/container-apps/schema";
import { publicImages } from "../components/container-registry/public-images";
import { stackTransformation } from "../components/context/stack-transformation";
import type { DnsZone } from "../components/dns-zone/dns-zone";
import type { Platform } from "../components/services/deploy-platform";
import { type PrimaryPlaces, placesForStandby, standbyOutput } from "../components/services/standby";
import { refusal } from "../lib/refusal";
import { deployEnvironmentPlatform, watchEnvironmentPlatform } from "./environment-platform";
import { type ApplicationInventory, loadApplicationInventory } from "./inventory/application-inventory";
import { balancedNames, zonesOfPublicApps } from "./inventory/rules/app-rules";
import { addressBlockOf, type StackDefinition, type SystemProgram, stackDefinitions } from "./registry";
import { platformSettings, previewSettings } from "./settings";
import { revisionChecks } from "./smoke-checks";
import { type StackConfiguration, stackReference } from "./stack-configuration";
import { type DeployedZone, deployZone, zoneOutputs } from "./zones";

/**
 * The program of a system that is services, what they use, and the zones they are reached by. What its environments are is in its
 * inventory; the preview environments of pull requests are alike in every system.
 *
 * @param name its directory below `stacks/`
 * @throws {LocatedError} on deployment, before anything is made, when the inventory is wrong
 */
export function applicationSystem(name: string): SystemProgram {
  const stacks = stackDefinitions.filter(({ system }) => system === name);
  return {
    settings: {
      ...Object.fromEntries(stacks.map(({ environment }) => [environment, platformSettings])),
      preview: previewSettings,
    },
    deploy: (environment, configuration) => {
      const inventory = loadApplicationInventory(`${__dirname}/${name}/inventory`, addressBlockOf(name));
      runtime.registerStackTransformation(stackTransformation(configuration.context));
      const stack = stacks.find((each) => each.environment === environment);
      return stack === undefined ? loadPreview()(configuration, inventory) : deploy(stack, configuration, inventory);
    },
  };
}

const loadPreview = () => (require("./preview-composition") as typeof import("./preview-composition")).preview;

/** Deploys a stack, with the zones of its system where it owns them, and returns its outputs. */
function deploy(stack: StackDefinition, configuration: StackConfiguration, inventory: ApplicationInventory): Inputs {
  const primary = primaryOf(stack, inventory);
  if (stack.ownsZones !== true) return deployEnvironment(configuration, inventory, [], primary);
  const zones = deployZones(configuration, inventory);
  return { ...deployEnvironment(configuration, inventory, zones, primary), ...zoneOutputs(zones) };
}

/**
 * The stack of the environment that a stack's environment stands by for. @example "latticeforge-prod"
 *
 * @throws {RunError} when it does not read that one: its places would not be known, and its state would lie elsewhere
 */
function primaryOf({ name, system, environment, readsFrom }: StackDefinition, inventory: ApplicationInventory) {
  const entry = inventory.environments.environments[environment];
  const of = entry?.standby?.of;
  const primary = stackDefinitions.find((other) => other.system === system && other.environment === of)?.name;
  if (of === undefined || (primary !== undefined && readsFrom.includes(primary))) return primary;
  const message = `stands by for ${of}, and ${name} does not read from the stack of ${of}: say readsFrom in stacks/systems.yaml`;
  throw refusal(`environment "${environment}"`, [{ path: ["standby", "of"], message }], entry);
}

/**
 * The environment of a stack, as the inventory has it: the platform with its services, its budget and who hears of what goes wrong.
 * Its vault is reached by its apps, and by laptops from listed addresses, because people set its secrets.
 *
 * @returns the stack's outputs
 * @param ownZones the zones, where this environment makes them; else those of its public apps are looked up by their names
 * @param primary the stack of the environment that this one stands by for
 */
function deployEnvironment(
  configuration: StackConfiguration,
  inventory: ApplicationInventory,
  ownZones: readonly DnsZone[],
  primary: string | undefined,
): Inputs {
  const { settings } = configuration;
  const platform = deployEnvironmentPlatform(configuration, inventory, {
    cloudflareAccountId: settings.require("cloudflareAccountId"),
    zones: zonesOfApps(configuration, inventory, ownZones),
    balancers: balancedNames(inventory),
    renewCertificate: (args) =>
      void new OriginCertificate(certificateRenewal.name, { ...args, image: publicImages.node }),
    reachedBy: [
      { who: "apps", via: "private-endpoint" },
      { who: "laptops", via: "addresses", addresses: settings.requireObject<string[]>("operatorAddresses") },
    ],
    primary: primary === undefined ? undefined : placesOf(primary),
  });
  watchEnvironmentPlatform(configuration, inventory, platform, { runbooks: settings.require("runbooks") });
  return {
    appsDomain: platform.environment.defaultDomain,
    postgresHost: platform.postgres.host,
    // What another stack needs that stands by for this one.
    ...placesForStandby(platform),
    ...takeoverOutput(configuration, inventory, platform),
    vaultUri: platform.vault.uri,
    smokeChecks: revisionChecks(platform.apps),
  };
}

/** What a takeover to this environment has to know, where it stands by for another one. */
function takeoverOutput(
  { context }: StackConfiguration,
  { environments }: ApplicationInventory,
  { standbyReplicas }: Platform,
): Inputs {
  const standby = environments.environments[context.environment]?.standby;
  return standby === undefined || standbyReplicas === undefined ? {} : standbyOutput(standby, standbyReplicas);
}

function placesOf(stack: string): PrimaryPlaces {
  const reference = stackReference(stack);
  return {
    database: reference.requireOutput("database") as PrimaryPlaces["database"],
    objects: reference.getOutput("objects") as PrimaryPlaces["objects"],
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
  const accountId = settings.require("cloudflareAccountId");
  return new Map(used.map((name) => [name, own.get(name) ?? output(zoneOfAnother(name, accountId, context.project))]));
}

/** @throws {RunError} when the account has none of this name, because the stack that makes it was not deployed */
async function zoneOfAnother(name: string, accountId: string, system: string): Promise<string> {
  const { zoneId } = await getZone({ filter: { name, account: { id: accountId } } }).catch((error: unknown) => {
    if (!String(error).includes("find exactly one")) throw error;
    const owner = stackDefinitions.find((stack) => stack.system === system && stack.ownsZones === true)?.name;
    const what = owner === undefined ? "ownsZones in stacks/systems.yaml says who makes it" : `${owner} makes it`;
    throw refusal(`zone "${name}"`, [
      `Cloudflare's account ${accountId} does not have it; ${what}: deploy that first, and list it before the others`,
    ]);
  });
  return zoneId;
}

/** The zones of a system, made by the environment that owns them. */
function deployZones(
  { context, settings }: StackConfiguration,
  { zones }: ApplicationInventory,
): readonly DeployedZone[] {
  const accountId = settings.require("cloudflareAccountId");
  return zones.zones.map((entry) => deployZone({ context, accountId }, entry));
}
