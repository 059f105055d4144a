import {
  ContainerApp as AzureContainerApp,
  type ContainerAppArgs as AzureContainerAppArgs,
  type GetContainerAppResult,
  getContainerApp,
} from "@pulumi/azure-native/app";
import type { input } from "@pulumi/azure-native/types";
import * as inputs from "@pulumi/azure-native/types/input";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type RefusalReason, refuse } from "../../lib/refusal";
import { consumption } from "../../lib/workload-profiles";
import { readExisting } from "../adoption/resource-options";
import type { IdentityReference } from "../identity/managed-identity";
import { physicalName } from "../naming/physical-name";
import { isWhole, withKnownParts } from "../transform/known-parts";
import { type Transform, transformed } from "../transform/transform";
import { containerArgs, containerProblems, imageToRun, registryCredentials, secretArgs } from "./container";
import { isPlaceholder, placeholders } from "./container-image";
import type { ContainerSpec, Sidecar } from "./container-spec";
import { type CustomDomain, domainProblems, pointDomain } from "./custom-domain";
import { answersHttp, type Ingress, ingressArgs, ingressProblems, portOf } from "./ingress";
import { type Probes, probeArgs, probeProblems } from "./probes";
import { azureProfileName, consumptionProfile } from "./profile";
import { limits, type Scale, scaleArgs, scaleProblems } from "./scale";
import { appArguments } from "./schema";
import { workloadIdentity } from "./workload-identity";

export interface ContainerAppArgs extends ContainerSpec {
  /** Who can call it. @example { exposure: "network", port: 8080 } */
  readonly ingress: Ingress;
  /** How many replicas. Default: 1 to 3. */
  readonly scale?: Scale | undefined;
  /** More replicas that always run, while something holds: an app of a standby that has taken over. Default: none. */
  readonly awake?: { readonly min: number; readonly when: pulumi.Input<boolean> } | undefined;
  /** Paths that say how the app is. Default: the port answers. Not asked of the placeholder. */
  readonly probes?: Probes | undefined;
  /** How many seconds a replica that is told to stop may finish its work, at most 600. Default: 30, which is Azure's. */
  readonly stopSeconds?: number | undefined;
  /** Containers beside its own, in each replica. On Consumption only. Default: none. */
  readonly sidecars?: readonly Sidecar[] | undefined;
  /** Names of its own, each with a certificate. Only where something outside of the environment can call the app. */
  readonly customDomains?: readonly CustomDomain[] | undefined;
  readonly transform?: { readonly app?: Transform<AzureContainerAppArgs> };
}

/** Inactive revisions hold on to old secrets and images; these are enough to go back to. */
const inactiveRevisions = 3;

/**
 * An app that serves requests or works on its own. Its identity gets its roles before the app starts; its secrets are references;
 * its image, once released, stays what was released, and so does the split of its requests while a release moves them.
 */
export class ContainerApp extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** `https://` and its first custom domain, or the name it has in its environment; undefined when it answers no HTTP. */
  readonly url: pulumi.Output<string> | undefined;
  readonly principalId: pulumi.Output<string>;
  /** The image that runs after this deployment. */
  readonly image: pulumi.Output<string>;

  constructor(name: string, args: ContainerAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:containerapps:ContainerApp", name, {}, opts);
    refuse(`ContainerApp "${name}"`, appProblems(args), args);
    const { context, environment, ingress } = args;
    const appName = physicalName(context, "containerApp", name);
    const domains = args.customDomains ?? [];

    const identity = workloadIdentity(name, args, this);
    let found: Promise<GetContainerAppResult | undefined> | undefined;
    const readApp = (resourceGroupName: string) => {
      found ??= readExisting(() => getContainerApp({ resourceGroupName, containerAppName: appName }, { parent: this }));
      return found;
    };
    this.image = imageToRun(
      args,
      "app",
      async (resourceGroupName) => (await readApp(resourceGroupName))?.template?.containers?.[0]?.image,
    );
    const split =
      args.image.ownedBy === "release"
        ? pulumi.output(args.resourceGroupName).apply(async (group) => splitOf(await readApp(group)))
        : unsplit;
    const records = domains.flatMap((domain) => pointDomain(name, domain, appName, args, this));
    const app = new AzureContainerApp(
      ...withKnownParts(
        transformed<AzureContainerAppArgs>(
          args.transform?.app,
          name,
          {
            resourceGroupName: args.resourceGroupName,
            location: context.location,
            containerAppName: appName,
            environmentId: environment.id,
            workloadProfileName: azureProfileName(args.profile, args.environment.profiles),
            identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
            configuration: {
              activeRevisionsMode: pulumi.output(split).mode,
              maxInactiveRevisions: inactiveRevisions,
              registries: registryCredentials(args, identity),
              secrets: secretArgs(args, identity),
              ingress: ingressArgs(
                `ContainerApp "${name}"`,
                ingress,
                environment,
                domains,
                pulumi.output(split).traffic,
              ),
            },
            template: template(name, args, this.image, identity),
          },
          { parent: this, dependsOn: [...identity.granted, ...records] },
        ),
        {
          configuration: configurationDefaults,
          template: templateDefaults,
        },
      ),
    );

    this.id = app.id;
    this.principalId = identity.principalId;
    const host =
      domains[0]?.hostname ?? pulumi.interpolate`${appName}.${internalPart(ingress)}${environment.defaultDomain}`;
    this.url = answersHttp(ingress) ? pulumi.interpolate`https://${host}` : undefined;
    this.registerOutputs({ id: this.id, url: this.url, principalId: this.principalId, image: this.image });
  }
}

interface TrafficSplit {
  readonly mode: "Single" | "Multiple";
  readonly traffic: { latestRevision?: boolean; revisionName?: string; weight: number }[];
}

/** All requests go to the newest revision, once it is ready. */
const unsplit: TrafficSplit = { mode: "Single", traffic: [{ latestRevision: true, weight: 100 }] };

/**
 * How an app's requests are split: as a release that is under way splits them, between two revisions. A revision that has them all by
 * name got them from `up --smoke`; the next change then goes to the newest one, as ever.
 */
function splitOf(app: GetContainerAppResult | undefined): TrafficSplit {
  const { activeRevisionsMode, ingress } = app?.configuration ?? {};
  const traffic = ingress?.traffic ?? [];
  if (activeRevisionsMode !== "Multiple" || traffic.length < 2) return unsplit;
  return {
    mode: "Multiple",
    traffic: traffic.map(({ revisionName, weight = 0 }) =>
      revisionName === undefined || revisionName === "" ? { latestRevision: true, weight } : { revisionName, weight },
    ),
  };
}

/** Apps that only their environment can call are named one level down. Source: Container Apps, "Connect applications". */
function internalPart(ingress: Ingress): string {
  return ingress.exposure === "environment" ? "internal." : "";
}

function template(name: string, args: ContainerAppArgs, image: pulumi.Output<string>, identity: IdentityReference) {
  const port = portOf(args.ingress);
  const portVariable = port === undefined ? [] : [{ name: placeholders.app.portVariable, value: String(port) }];
  const placeholderEnv = args.image.ownedBy === "release" ? portVariable : [];
  return {
    containers: [
      {
        ...containerArgs(name, args, image, identity, placeholderEnv),
        ...(port === undefined
          ? {}
          : { probes: image.apply((running) => probeArgs(isPlaceholder(running) ? {} : (args.probes ?? {}), port)) }),
      },
      ...(args.sidecars ?? []).map((sidecar) => sidecarArgs(sidecar, image, identity)),
    ],
    scale: {
      ...scaleArgs(args.scale ?? {}, answersHttp(args.ingress), identity.id),
      ...(args.awake === undefined ? {} : { minReplicas: leastReplicas(args.awake, limits(args.scale ?? {}).min) }),
    },
    ...(args.stopSeconds === undefined ? {} : { terminationGracePeriodSeconds: args.stopSeconds }),
  };
}

function sidecarArgs(
  { name, image, cpu, args, env }: Sidecar,
  appImage: pulumi.Output<string>,
  identity: IdentityReference,
): input.app.ContainerArgs {
  const variables = (placeholder: boolean) =>
    Object.entries({ ...env(placeholder), AZURE_CLIENT_ID: identity.clientId })
      .map(([variable, value]) => ({ name: variable, value }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  return {
    ...{ name, image: `${image.repository}@${image.digest}`, args: [...args] },
    resources: { cpu, memory: `${cpu * consumption.gibPerCpu}Gi` },
    env: appImage.apply((running) => variables(isPlaceholder(running))),
  };
}

function sidecarProblems({ sidecars = [], profile, cpu = 0.25 }: ContainerAppArgs): string[] {
  if (sidecars.length === 0) return [];
  if (profile !== undefined && profile !== consumptionProfile)
    return [`sidecars are for Consumption, and the profile is "${profile}"; leave one of them out`];
  const total = sidecars.reduce((sum, sidecar) => sum + sidecar.cpu, cpu);
  return total <= consumption.cpu
    ? []
    : [`cpu ${cpu} and its sidecars are ${total} together, more than the ${consumption.cpu} of ${consumptionProfile}`];
}

function leastReplicas({ min, when }: NonNullable<ContainerAppArgs["awake"]>, asleep: number): pulumi.Output<number> {
  return pulumi.output(when).apply((holds) => (holds ? min : asleep));
}

/** The SDK's defaults of a configuration, of its ingress too: a preview does not know the certificate of a name. */
function configurationDefaults(whole: input.app.ConfigurationArgs): object {
  const { ingress, ...rest } = whole;
  if (!isWhole(ingress)) return inputs.app.configurationArgsProvideDefaults(whole);
  const filled = inputs.app.configurationArgsProvideDefaults(rest);
  return { ...filled, ingress: inputs.app.ingressArgsProvideDefaults(ingress) };
}

/** The SDK's defaults of a template, of its scale too: a rule may name a queue's namespace, which a preview does not know. */
function templateDefaults(whole: input.app.TemplateArgs): object {
  const { scale } = whole;
  if (!isWhole(scale)) return inputs.app.templateArgsProvideDefaults(whole);
  return { ...whole, scale: inputs.app.scaleArgsProvideDefaults(scale) };
}

/** Everything that is wrong with an app's arguments; empty when they are right. */
export function appProblems(args: ContainerAppArgs): readonly RefusalReason[] {
  const scale = { ...args.scale, ...limits(args.scale ?? {}) };
  return [
    ...argumentProblems(appArguments, { ...args, scale }),
    ...containerProblems(args),
    ...ingressProblems(args.ingress, args.environment),
    ...scaleProblems(args.scale ?? {}, {
      http: answersHttp(args.ingress),
      secrets: Object.keys(args.secrets ?? {}),
    }),
    ...sidecarProblems(args),
    ...probeProblems(args.probes, portOf(args.ingress)),
    ...domainProblems(args.customDomains ?? [], args.ingress),
  ];
}
