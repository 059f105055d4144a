import type { PropertyMap } from "../../../../deployment/values/property-value";
import { equalProperties, revealMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { WorldObject, WorldReading } from "../../../world/world";
import { flagAt, mapAt, mapsAt, numberAt, textAt } from "../../read-property";
import type { ComputedContext, ServiceContext } from "../../type-rule";
import { nameOfId } from "../arm-id";
import { armType } from "../arm-type";
import { systemIdentity } from "../principals";
import { invalidTemplate, requireContainers, requireResourcePair, requireSecrets } from "./container-template";
import { requireOwnership, verificationId } from "./custom-domain";
import { environmentType, requireEnvironment, requireRoomOnProfile, runsOnConsumption } from "./environment";
import {
  environmentIdOf,
  requirePullableImages,
  requireReachableServices,
  requireReadableSecrets,
} from "./identity-access";
import { requireAllowedAddresses, requireTransport } from "./ingress";

export const containerAppType = "azure-native:app:ContainerApp";
const revisionType = "azure-native:app:Revision";

/** The name rule of apps and jobs. */
export const appName = {
  pattern: /^(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
  expected:
    "2 to 32 lower-case letters, digits and single dashes, beginning with a letter, ending with a letter or digit",
  code: "ContainerAppInvalidName",
};

export const containerApp = armType({
  type: "app:ContainerApp",
  describedBy: ["appcontainers", "ContainerApp"],
  path: "Microsoft.App/containerApps/{containerAppName}",
  name: appName,
  located: true,
  allowed: {
    "configuration.activeRevisionsMode": ["Single", "Multiple", "Labels"],
    "configuration.ingress.transport": ["auto", "http", "http2", "tcp", "Auto", "Http", "Http2", "Tcp"],
    "configuration.ingress.customDomains[*].bindingType": ["Disabled", "SniEnabled", "Auto"],
    "identity.type": ["None", "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned"],
  },
  ranges: {
    "configuration.ingress.targetPort": { minimum: 1, maximum: 65535 },
    "template.scale.minReplicas": { minimum: 0, maximum: 1000 },
    "template.scale.maxReplicas": { minimum: 1, maximum: 1000 },
  },
  check: (inputs) =>
    inputs.environmentId === undefined && inputs.managedEnvironmentId === undefined
      ? [{ property: "environmentId", reason: "missing required property 'environmentId'" }]
      : [],
  defaults: (inputs) => ({
    configuration: {
      activeRevisionsMode: "Single",
      maxInactiveRevisions: 100,
      ...(Object.keys(mapAt(inputs, "configuration.ingress")).length === 0
        ? {}
        : {
            ingress: {
              external: false,
              allowInsecure: false,
              transport: "Auto",
              traffic: [{ latestRevision: true, weight: 100 }],
            },
          }),
    },
    template: { scale: { minReplicas: 0, maxReplicas: 10 } },
  }),
  createOnly: ["environmentId", "managedEnvironmentId"],
  notReturned: ["configuration.secrets[*].value"],
  computed: {
    names: [
      "latestRevisionName",
      "latestReadyRevisionName",
      "latestRevisionFqdn",
      "customDomainVerificationId",
      "outboundIpAddresses",
      "provisioningState",
      "runningStatus",
      "configuration.ingress.fqdn",
      "identity.principalId",
      "identity.tenantId",
    ],
    stable: ["customDomainVerificationId"],
    values: appOutputs,
  },
  service: {
    write: (context) => {
      requireEnvironment(context);
      requireContainers(context);
      requireSecrets(context.inputs);
      if (!runsOnConsumption(context)) requireRoomOnProfile(context);
      else requireResourcePair(context.inputs);
      requireScale(context);
      requireTraffic(context);
      requireReadableSecrets(context);
      requireReachableServices(context);
      requirePullableImages(context, runningImages(context));
      requireOwnedDomains(context);
      requireAllowedAddresses(context);
      requireTransport(context);
      refuseUsedSuffix(context);
    },
    written: keepRevision,
  },
});

/** What is running already has been pulled; it need not be pulled again. */
function runningImages({ world, id, type }: ServiceContext): ReadonlySet<string> {
  const existing = world.get(type, id)?.properties ?? {};
  return new Set(mapsAt(existing, "template.containers").flatMap((container) => textAt(container, "image") ?? []));
}

function requireOwnedDomains({ world, inputs, config }: ServiceContext): void {
  for (const domain of mapsAt(inputs, "configuration.ingress.customDomains")) {
    requireOwnership(world, textAt(domain, "name") ?? "", verificationId(config));
    const certificate = textAt(domain, "certificateId");
    if (textAt(domain, "bindingType") !== "SniEnabled" && certificate === undefined) continue;
    const environment = environmentIdOf(inputs) ?? "";
    if (world.children(environment).some(({ id }) => id.toLowerCase() === certificate?.toLowerCase())) continue;
    throw new ServiceError(
      "CertificateNotFound",
      `The certificate '${certificate ?? ""}' of '${textAt(domain, "name")}' does not exist.`,
      404,
    );
  }
}

/** Only a changed template makes a new revision; a changed secret does not. */
function isNewRevision({ world, id, type, inputs }: ServiceContext): boolean {
  const existing = world.get(type, id);
  if (existing === undefined) return true;
  return !equalProperties(revealMap(mapAt(existing.properties, "template")), revealMap(mapAt(inputs, "template")));
}

/** Source: the answer in MicrosoftDocs/azure-docs#89742, which does not tell the code. */
function requireScale({ id, inputs }: ServiceContext): void {
  const [least = 0, most = 0] = ["min", "max"].map((end) => numberAt(inputs, `template.scale.${end}Replicas`));
  if (least <= most) return;
  throw new ServiceError(
    "ContainerAppInvalidScaleOptions",
    `The scale options provided for Container App '${nameOfId(id)}' is incorrect. The values must be positive, maxReplicas must not be less than minReplicas.`,
  );
}

/**
 * Weights add up to 100 and go to active revisions that there are, or to the one that this request makes. Only mode `Multiple` knows
 * revisions by name. Sources: microsoft/azure-container-apps#410; Azure-Samples/container-apps-blue-green-deployment names the revision
 * that it makes; `az containerapp ingress traffic set` refuses a name in mode `Single` with the words below. None tells the codes.
 */
function requireTraffic(context: ServiceContext): void {
  const traffic = mapsAt(context.inputs, "configuration.ingress.traffic");
  const revisions = revisionsOf(context.world, context.id);
  const inactive = revisions.filter((one) => !isKeptActive(one)).map(({ properties }) => textAt(properties, "name"));
  const counted = traffic.filter((entry) => !inactive.includes(textAt(entry, "revisionName")));
  const sum = counted.reduce((total, entry) => total + (numberAt(entry, "weight") ?? 0), 0);
  if (traffic.length > 0 && sum !== 100) {
    throw new ServiceError("ContainerAppInvalidTrafficWeight", `The traffic weights add up to ${sum} and must be 100.`);
  }
  const names = [...revisions.map(({ properties }) => textAt(properties, "name")), suffixedRevision(context)];
  const given = traffic.flatMap((entry) => textAt(entry, "revisionName") ?? []);
  const unknown = given.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ServiceError("ContainerAppRevisionNotFound", `The revision '${unknown}' does not exist.`);
  if (given.length === 0 || isMultiple(context.inputs)) return;
  throw new ServiceError(
    "ContainerAppSingleRevisionMode",
    `Containerapp '${nameOfId(context.id)}' is configured for single revision. Set revision mode to multiple in order to set ingress traffic.`,
  );
}

/** An app's revisions, the newest last. */
export function revisionsOf(world: WorldReading, appId: string): readonly WorldObject[] {
  // The world lists what was changed last at the end.
  const order = ({ properties }: WorldObject) => numberAt(properties, "number") ?? 0;
  const revisions = world.children(appId).filter(({ kind }) => kind === revisionType);
  return revisions.sort((one, other) => order(one) - order(other));
}

/** Whether a revision was not put away: in mode `Single` all but the newest are. */
export function isKeptActive({ properties }: WorldObject): boolean {
  return flagAt(properties, "active") !== false;
}

/** Whether several revisions of an app may be active at once. */
export function isMultiple(app: PropertyMap): boolean {
  return textAt(app, "configuration.activeRevisionsMode") === "Multiple";
}

/** The name that the template gives its revision; undefined when it leaves that to the service. */
function suffixedRevision({ id, inputs }: ServiceContext): string | undefined {
  const suffix = textAt(inputs, "template.revisionSuffix") ?? "";
  return suffix === "" ? undefined : `${nameOfId(id)}--${suffix}`;
}

function refuseUsedSuffix(context: ServiceContext): void {
  const suffix = textAt(context.inputs, "template.revisionSuffix");
  const name = suffixedRevision(context);
  if (name === undefined || !isNewRevision(context)) return;
  if (context.world.get(revisionType, `${context.id}/revisions/${name}`) === undefined) return;
  throw invalidTemplate(
    "template.revisionsuffix",
    `Invalid value: "${suffix}": revision with suffix ${suffix} already exists.`,
  );
}

/** Makes the revision of a new template, puts away the others in mode `Single`, and forgets the oldest of those put away. */
function keepRevision(context: ServiceContext): void {
  const { world, id, inputs } = context;
  if (isNewRevision(context)) {
    const number = (numberAt(revisionsOf(world, id).at(-1)?.properties ?? {}, "number") ?? 0) + 1;
    const name = suffixedRevision(context) ?? `${nameOfId(id)}--${String(number).padStart(7, "0")}`;
    const image = mapsAt(inputs, "template.containers").map((container) => textAt(container, "image"))[0] ?? "";
    world.put({
      cloud: "azure",
      kind: revisionType,
      id: `${id}/revisions/${name}`,
      properties: { name, image, number },
    });
  }
  const others = revisionsOf(world, id).slice(0, -1);
  if (!isMultiple(inputs)) {
    for (const one of others) world.put({ ...one, properties: { ...one.properties, active: false } });
  }
  const putAway = revisionsOf(world, id).filter((one) => !isKeptActive(one));
  const most = numberAt(inputs, "configuration.maxInactiveRevisions") ?? putAway.length;
  for (const one of putAway.slice(0, Math.max(0, putAway.length - most))) world.delete(revisionType, one.id);
}

/** The host name that Azure gives an app: inside the environment only when its ingress is not external. */
export function hostOfApp(world: ServiceContext["world"], name: string, app: PropertyMap): string {
  const environment = world.get(environmentType, environmentIdOf(app) ?? "");
  const domain = textAt(environment?.properties ?? {}, "defaultDomain") ?? "";
  return flagAt(app, "configuration.ingress.external") === true ? `${name}.${domain}` : `${name}.internal.${domain}`;
}

function appOutputs(context: ComputedContext): PropertyMap {
  const { world, id, inputs, config, existing } = context;
  const name = nameOfId(id);
  const latest = textAt(revisionsOf(world, id).at(-1)?.properties ?? {}, "name") ?? "";
  const hasIngress = Object.keys(mapAt(inputs, "configuration.ingress")).length > 0;
  const host = hostOfApp(world, name, inputs);
  return {
    latestRevisionName: latest,
    latestReadyRevisionName: latest,
    latestRevisionFqdn: hasIngress ? host.replace(name, latest) : "",
    customDomainVerificationId: verificationId(config),
    outboundIpAddresses: [
      textAt(world.get(environmentType, environmentIdOf(inputs) ?? "")?.properties ?? {}, "staticIp") ?? "",
    ],
    provisioningState: "Succeeded",
    // Whether a change starts an app that was stopped, Azure does not tell; here it does not.
    runningStatus: textAt(existing?.properties ?? {}, "runningStatus") ?? "Running",
    ...(hasIngress ? { configuration: { ingress: { fqdn: host } } } : {}),
    ...systemIdentity(context),
  };
}
