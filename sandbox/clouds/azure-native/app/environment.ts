import type { PropertyMap } from "../../../../deployment/values/property-value";
import { azureRegion } from "../../../../lib/azure-regions";
import { addressAt } from "../../../../lib/ipv4";
import { workloadProfileType } from "../../../../lib/workload-profiles";
import { ServiceError } from "../../../engine/provider";
import { flagAt, mapsAt, numberAt, textAt, valueAt } from "../../read-property";
import { RepeatableRandom } from "../../repeatable-random";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, sameId } from "../arm-id";
import { armType } from "../arm-type";
import { invalidReference } from "../existing-resources";
import { blocksOfSubnet, delegationsOf, subnetType, usersOfSubnet } from "../network/subnet-use";
import { verificationId } from "./custom-domain";
import { environmentIdOf } from "./identity-access";

export const environmentType = "azure-native:app:ManagedEnvironment";
export const environmentPath = "Microsoft.App/managedEnvironments/{environmentName}";
const delegation = "Microsoft.App/environments";

export const managedEnvironment = armType({
  type: "app:ManagedEnvironment",
  describedBy: ["appcontainers", "ManagedEnvironment"],
  path: environmentPath,
  name: {
    pattern: /^[A-Za-z][A-Za-z0-9-]{0,58}[A-Za-z0-9]$/,
    expected: "2 to 60 letters, digits and dashes, beginning with a letter, ending with a letter or digit",
    code: "ManagedEnvironmentInvalidName",
  },
  located: true,
  required: ["workloadProfiles[*].name", "workloadProfiles[*].workloadProfileType"],
  allowed: {
    publicNetworkAccess: ["Enabled", "Disabled"],
    "appLogsConfiguration.destination": ["log-analytics", "azure-monitor", "none", ""],
  },
  check: (inputs) =>
    textAt(inputs, "appLogsConfiguration.destination") === "log-analytics"
      ? ["customerId", "sharedKey"]
          .map((key) => `appLogsConfiguration.logAnalyticsConfiguration.${key}`)
          .filter((path) => !isGiven(inputs, path))
          .map((property) => ({ property, reason: `missing required property '${property}'` }))
      : [],
  defaults: (inputs) => ({
    zoneRedundant: false,
    publicNetworkAccess: "Enabled",
    peerAuthentication: { mtls: { enabled: false } },
    // In a network of its own, an environment has workload profiles since 2026. Source: azure-container-apps#1644, #1646.
    ...(valueAt(inputs, "vnetConfiguration.infrastructureSubnetId") === undefined
      ? {}
      : { workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }] }),
  }),
  createOnly: ["vnetConfiguration", "zoneRedundant", "infrastructureResourceGroup", "daprAIConnectionString"],
  notReturned: ["appLogsConfiguration.logAnalyticsConfiguration.sharedKey", "daprAIConnectionString"],
  computed: {
    names: [
      "defaultDomain",
      "staticIp",
      "customDomainConfiguration.customDomainVerificationId",
      "provisioningState",
      "eventStreamEndpoint",
    ],
    stable: ["defaultDomain", "staticIp"],
    values: (context) => ({
      defaultDomain: defaultDomain(context.id, textAt(context.inputs, "location") ?? ""),
      staticIp: staticIp(context),
      customDomainConfiguration: { customDomainVerificationId: verificationId(context.config) },
      provisioningState: "Succeeded",
      eventStreamEndpoint: `https://${textAt(context.inputs, "location")}.azurecontainerapps.dev${context.id}/eventstream`,
    }),
  },
  service: {
    create: placeInNetwork,
    write: requireProfiles,
    delete: ({ world, id }) => {
      const user = ["azure-native:app:ContainerApp", "azure-native:app:Job"]
        .flatMap((type) => world.list(type))
        .find(({ properties }) => sameId(environmentIdOf(properties), id));
      if (user === undefined) return;
      throw new ServiceError(
        "ManagedEnvironmentNotEmpty",
        `The environment ${nameOfId(id)} still has ${user.id}.`,
        409,
      );
    },
  },
});

function isGiven(inputs: PropertyMap, path: string): boolean {
  const parts = path.split(".");
  let value: PropertyMap | undefined = inputs;
  for (const part of parts.slice(0, -1)) {
    const next: unknown = value?.[part];
    if (typeof next !== "object" || next === null) return next !== undefined;
    value = isMap(next) ? next : undefined;
  }
  return value?.[parts.at(-1) ?? ""] !== undefined;
}

function isMap(value: object): value is PropertyMap {
  return !Array.isArray(value);
}

const words =
  "calm wise kind bold gray blue mild neat pure warm soft swift bright green happy proud brave lively polite salmon".split(
    " ",
  );
const nouns =
  "sea sky rock tree moss dune wave field cliff river stone meadow forest island glacier plant water pond coast hill".split(
    " ",
  );

/** Two words and eight digits, as Azure makes them. */
function defaultDomain(id: string, location: string): string {
  const random = new RepeatableRandom(`environment ${id.toLowerCase()}`);
  const pick = (list: readonly string[]) => list[random.below(list.length)] ?? "";
  return `${pick(words)}${pick(nouns)}-${random.hex(8)}.${location}.azurecontainerapps.io`;
}

function staticIp({ world, inputs, id }: ServiceContext): string {
  const subnet = world.get(subnetType, textAt(inputs, "vnetConfiguration.infrastructureSubnetId") ?? "");
  const [block] = blocksOfSubnet(subnet?.properties ?? {});
  if (block !== undefined && flagAt(inputs, "vnetConfiguration.internal") === true) return addressAt(block, 100);
  const random = new RepeatableRandom(`address ${id.toLowerCase()}`);
  return `20.${random.below(200)}.${random.below(250)}.${1 + random.below(250)}`;
}

/** Source: Azure documentation, "Virtual network configuration in Azure Container Apps environments: subnet". */
const leastPrefix = 27;

/**
 * What an environment can only be in a network. Source: Azure documentation, "Template specification: vnetConfiguration.internal",
 * as quoted in Azure/ResourceModules#2848.
 */
const onlyInNetwork = [
  { path: "zoneRedundant", kind: "A zone redundant" },
  { path: "vnetConfiguration.internal", kind: "An internal" },
] as const;

function placeInNetwork({ world, inputs, id }: ServiceContext): void {
  const subnetId = textAt(inputs, "vnetConfiguration.infrastructureSubnetId");
  if (subnetId === undefined) {
    const kind = onlyInNetwork.find(({ path }) => flagAt(inputs, path) === true)?.kind;
    if (kind === undefined) return;
    throw new ServiceError(
      "ManagedEnvironmentInvalidNetworkConfiguration",
      `${kind} environment needs a virtual network: 'vnetConfiguration.infrastructureSubnetId' must be provided.`,
    );
  }
  const subnet = world.get(subnetType, subnetId);
  if (subnet === undefined) throw invalidReference(subnetId, id);
  if (!delegationsOf(subnet.properties).includes(delegation)) {
    throw new ServiceError(
      "ManagedEnvironmentSubnetDelegationError",
      `The subnet of the environment must be delegated to the service '${delegation}'.`,
    );
  }
  if (blocksOfSubnet(subnet.properties).some((block) => block.prefix > leastPrefix)) {
    throw new ServiceError(
      "ManagedEnvironmentInvalidNetworkConfiguration",
      `The environment's subnet ${nameOfId(subnetId)} must be /${leastPrefix} or larger.`,
    );
  }
  const [user] = usersOfSubnet(world, subnetId);
  if (user !== undefined) {
    throw new ServiceError(
      "ManagedEnvironmentSubnetInUse",
      `The subnet ${nameOfId(subnetId)} is in use already, by ${user}.`,
    );
  }
}

/**
 * Codes: Azure/azure-cli#30526 for a type that is none, hashicorp/terraform-provider-azurerm#31763 for counts of what is paid by replica.
 * The code of a region without the hardware is told nowhere; that of the type is what `az containerapp env workload-profile
 * list-supported` leaves out.
 *
 * @throws when an environment asks for hardware that there is not, or not in its region
 */
function requireProfiles({ inputs, world, id, type }: ServiceContext): void {
  const location = textAt(inputs, "location") ?? "";
  const before = world.get(type, id);
  for (const profile of mapsAt(inputs, "workloadProfiles")) {
    const given = textAt(profile, "workloadProfileType") ?? "";
    if (given === "Consumption") {
      refuseCounts(profile, given);
      continue;
    }
    const known = workloadProfileType(given);
    if (known === undefined || known.regions?.includes(azureRegion(location) ?? location) === false) {
      throw new ServiceError(
        "WorkloadProfileInvalidType",
        `Workload profile type '${given}' is invalid${known === undefined ? "" : ` in the region ${location}`}.`,
      );
    }
    if (known.allocation === "replica") refuseCounts(profile, given);
    const isNew =
      before !== undefined &&
      !mapsAt(before.properties, "workloadProfiles").some((one) => textAt(one, "name") === textAt(profile, "name"));
    if (!isNew || known.allocation !== "node" || known.gpu === undefined) continue;
    throw new ServiceError(
      "WorkloadProfileInvalidType",
      `Workload profile type '${given}' can only be added when the environment '${nameOfId(id)}' is created.`,
    );
  }
}

function refuseCounts(profile: PropertyMap, type: string): void {
  const count = ["minimumCount", "maximumCount"].find((name) => valueAt(profile, name) !== undefined);
  if (count === undefined) return;
  const property = count === "minimumCount" ? "MinimumCount" : "MaximumCount";
  throw new ServiceError(
    "WorkloadProfilePropertyNotSupported",
    `Workload Profile property '${property}' is not supported for ${type.replaceAll("-", "_")}`,
  );
}

/** @throws when the containers ask for more than a profile that is not Consumption has */
export function requireRoomOnProfile({ world, inputs }: ServiceContext): void {
  const environment = world.get(environmentType, environmentIdOf(inputs) ?? "");
  const profile = mapsAt(environment?.properties ?? {}, "workloadProfiles").find(
    (item) => textAt(item, "name") === textAt(inputs, "workloadProfileName"),
  );
  const known = workloadProfileType(textAt(profile ?? {}, "workloadProfileType") ?? "");
  if (known === undefined) return;
  const containers = mapsAt(inputs, "template.containers");
  const cpu = containers.reduce((sum, container) => sum + (numberAt(container, "resources.cpu") ?? 0), 0);
  if (cpu <= known.cpu) return;
  throw new ServiceError(
    "ContainerAppInvalidResourceTotal",
    `The total requested CPU and memory resources for this application (CPU: ${cpu}) is invalid. The workload profile has ${known.cpu} CPUs.`,
  );
}

/** @throws when an app names an environment that does not exist, or a workload profile that the environment does not have */
export function requireEnvironment({ world, inputs }: ServiceContext): void {
  const environmentId = environmentIdOf(inputs) ?? "";
  const environment = world.get(environmentType, environmentId);
  if (environment === undefined) {
    throw new ServiceError("EnvironmentNotFound", `The environment '${environmentId}' does not exist.`, 404);
  }
  const profile = textAt(inputs, "workloadProfileName");
  const profiles = mapsAt(environment.properties, "workloadProfiles").map((item) => textAt(item, "name"));
  if (profile === undefined || profiles.includes(profile) || (profiles.length > 0 && profile === "Consumption")) return;
  throw new ServiceError(
    "WorkloadProfileNameNotSupported",
    profiles.length === 0
      ? "Cannot specify workload profile name for container app in Consumption Only environment."
      : `The environment has no workload profile '${profile}'; it has ${profiles.join(", ")}.`,
  );
}

/** Apps on the Consumption profile are limited in what they may ask for; dedicated profiles are not. */
export function runsOnConsumption({ world, inputs }: ServiceContext): boolean {
  const profile = textAt(inputs, "workloadProfileName");
  const environment = world.get(environmentType, environmentIdOf(inputs) ?? "");
  const found = mapsAt(environment?.properties ?? {}, "workloadProfiles").find(
    (item) => textAt(item, "name") === profile,
  );
  return found === undefined || textAt(found, "workloadProfileType") === "Consumption";
}
