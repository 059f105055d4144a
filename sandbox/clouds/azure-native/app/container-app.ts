import type { PropertyMap } from "../../../../deployment/values/property-value";
import { equalProperties, revealMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
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
export const revisionType = "azure-native:app:Revision";

/** The name rule of apps and jobs. */
export const appName = {
  pattern: /^(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
  expected:
    "2 to 32 lower-case letters, digits and single dashes, beginning with a letter, ending with a letter or digit",
  code: "ContainerAppInvalidName",
};

export const containerApp = armType({
  type: "app:ContainerApp",
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
 * Weights add up to 100 and go to revisions that there are, or to the one that this request makes.
 * Source: microsoft/azure-container-apps#410; Azure-Samples/container-apps-blue-green-deployment names the revision that it makes.
 */
function requireTraffic(context: ServiceContext): void {
  const traffic = mapsAt(context.inputs, "configuration.ingress.traffic");
  const weights = traffic.flatMap((entry) => numberAt(entry, "weight") ?? []);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (weights.length > 0 && sum !== 100) {
    throw new ServiceError("ContainerAppInvalidTrafficWeight", `The traffic weights add up to ${sum} and must be 100.`);
  }
  const revisions = context.world.children(context.id).filter(({ kind }) => kind === revisionType);
  const names = [...revisions.map(({ properties }) => textAt(properties, "name")), suffixedRevision(context)];
  const unknown = traffic.flatMap((entry) => textAt(entry, "revisionName") ?? []).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ServiceError("ContainerAppRevisionNotFound", `The revision '${unknown}' does not exist.`);
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

function keepRevision(context: ServiceContext): void {
  if (!isNewRevision(context)) return;
  const { world, id } = context;
  const count = world.children(id).filter(({ kind }) => kind === revisionType).length;
  const name = suffixedRevision(context) ?? `${nameOfId(id)}--${String(count + 1).padStart(7, "0")}`;
  world.put({ cloud: "azure", kind: revisionType, id: `${id}/revisions/${name}`, properties: { name } });
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
  const revisions = world.children(id).filter(({ kind }) => kind === revisionType);
  const latest = textAt(revisions.at(-1)?.properties ?? {}, "name") ?? "";
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
