import {
  ContainerApp as AzureContainerApp,
  type ContainerAppArgs as AzureContainerAppArgs,
  getContainerApp,
} from "@pulumi/azure-native/app";
import type { input } from "@pulumi/azure-native/types";
import * as inputs from "@pulumi/azure-native/types/input";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type RefusalReason, refuse } from "../../lib/refusal";
import { readExisting } from "../adoption/resource-options";
import type { IdentityReference } from "../identity/managed-identity";
import { physicalName } from "../naming/physical-name";
import type { QueueReference } from "../queues/queues";
import { isWhole, withKnownParts } from "../transform/known-parts";
import { type Transform, transformed } from "../transform/transform";
import { containerArgs, containerProblems, imageToRun, registryCredentials, secretArgs } from "./container";
import { isPlaceholder, placeholders } from "./container-image";
import type { ContainerSpec } from "./container-spec";
import { type CustomDomain, domainProblems, pointDomain } from "./custom-domain";
import { type Ingress, ingressArgs, ingressProblems } from "./ingress";
import { appArguments } from "./schema";
import { workloadIdentity } from "./workload-identity";

export interface ContainerAppArgs extends ContainerSpec {
  /** Who can call it. @example { exposure: "network", port: 8080 } */
  readonly ingress: Ingress;
  /** How many replicas. Default: 1 to 3. */
  readonly scale?: Scale | undefined;
  /** Paths that say how the app is. Default: the port answers. Not asked of the placeholder. */
  readonly probes?: Probes | undefined;
  /** How many seconds a replica that is told to stop may finish its work, at most 600. Default: 30, which is Azure's. */
  readonly stopSeconds?: number | undefined;
  /** Names of its own, each with a certificate. Only where something outside of the environment can call the app. */
  readonly customDomains?: readonly CustomDomain[] | undefined;
  readonly transform?: { readonly app?: Transform<AzureContainerAppArgs> };
}

/** Inactive revisions hold on to old secrets and images; these are enough to go back to. */
const inactiveRevisions = 3;

/**
 * An app that serves requests or works on its own. Its identity gets its roles before the app starts; its secrets are references;
 * its image, once released, stays what was released.
 */
export class ContainerApp extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** `https://` and its first custom domain, or the name it has in its environment; undefined without ingress. */
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
    this.image = imageToRun(args, "app", (resourceGroupName) => this.#runningImage(resourceGroupName, appName));
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
            workloadProfileName: "Consumption",
            identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
            configuration: {
              activeRevisionsMode: "Single",
              maxInactiveRevisions: inactiveRevisions,
              registries: registryCredentials(args, identity),
              secrets: secretArgs(args, identity),
              ingress: ingressArgs(`ContainerApp "${name}"`, ingress, environment, domains),
            },
            template: template(name, args, this.image, identity),
          },
          { parent: this, dependsOn: [...identity.granted, ...records] },
        ),
        {
          configuration: inputs.app.configurationArgsProvideDefaults,
          template: templateDefaults,
        },
      ),
    );

    this.id = app.id;
    this.principalId = identity.principalId;
    const host =
      domains[0]?.hostname ?? pulumi.interpolate`${appName}.${internalPart(ingress)}${environment.defaultDomain}`;
    this.url = ingress.exposure === "none" ? undefined : pulumi.interpolate`https://${host}`;
    this.registerOutputs({ id: this.id, url: this.url, principalId: this.principalId, image: this.image });
  }

  async #runningImage(resourceGroupName: string, containerAppName: string): Promise<string | undefined> {
    const app = await readExisting(() => getContainerApp({ resourceGroupName, containerAppName }, { parent: this }));
    return app?.template?.containers?.[0]?.image;
  }
}

/** Apps that only their environment can call are named one level down. Source: Container Apps, "Connect applications". */
function internalPart(ingress: Ingress): string {
  return ingress.exposure === "environment" ? "internal." : "";
}

function template(name: string, args: ContainerAppArgs, image: pulumi.Output<string>, identity: IdentityReference) {
  const { ingress } = args;
  const port = ingress.exposure === "none" ? undefined : ingress.port;
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
    ],
    scale: scaleArgs(args.scale ?? {}, port !== undefined, identity.id),
    ...(args.stopSeconds === undefined ? {} : { terminationGracePeriodSeconds: args.stopSeconds }),
  };
}

/** The SDK's defaults of a template, of its scale too: a rule may name a queue's namespace, which a preview does not know. */
function templateDefaults(whole: input.app.TemplateArgs): object {
  const { scale } = whole;
  if (!isWhole(scale)) return inputs.app.templateArgsProvideDefaults(whole);
  return { ...whole, scale: inputs.app.scaleArgsProvideDefaults(scale) };
}

/** Everything that is wrong with an app's arguments; empty when they are right. */
export function appProblems(args: ContainerAppArgs): readonly RefusalReason[] {
  const port = args.ingress.exposure === "none" ? undefined : args.ingress.port;
  const scale = { ...args.scale, ...limits(args.scale ?? {}) };
  return [
    ...argumentProblems(appArguments, { ...args, scale }),
    ...containerProblems(args),
    ...ingressProblems(args.ingress, args.environment),
    ...scaleProblems(args.scale ?? {}),
    ...probeProblems(args.probes, port),
    ...domainProblems(args.customDomains ?? [], args.ingress),
  ];
}

/** Paths that answer 2xx or 3xx when all is well. */
interface Probes {
  /** Restarted when it fails. @example "/health/live" */
  readonly liveness?: string | undefined;
  /** Gets no requests while it fails. @example "/health/ready" */
  readonly readiness?: string | undefined;
  /** Given up to five minutes to start. Default: the liveness path. */
  readonly startup?: string | undefined;
}

function probeProblems(probes: Probes | undefined, port: number | undefined): string[] {
  if (probes === undefined || port !== undefined) return [];
  return ['probes are given, but ingress.exposure is "none"; there is no port to ask'];
}

/** Probes as Azure takes them: over HTTP where a path is given; else that the port answers, which is Azure's default made visible. */
export function probeArgs(probes: Probes, port: number): input.app.ContainerAppProbeArgs[] {
  const asks = (path: string | undefined) =>
    path === undefined ? { tcpSocket: { port } } : { httpGet: { path, port, scheme: "HTTP" } };
  return [
    {
      type: "Startup",
      ...asks(probes.startup ?? probes.liveness),
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 30,
    },
    { type: "Liveness", ...asks(probes.liveness), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    { type: "Readiness", ...asks(probes.readiness), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
  ];
}

/** What makes an app grow. */
type ScaleRule =
  /** Concurrent requests that one replica takes. */
  | { readonly by: "requests"; readonly concurrentRequests: number }
  /** Use of CPU or memory, in percent. Cannot wake an app that has no replica. */
  | { readonly by: "cpu" | "memory"; readonly percent: number }
  /** Messages that wait in a queue, for each replica. Its identity needs {@link QueueReference.receive}. */
  | { readonly by: "queue"; readonly queue: Pick<QueueReference, "name" | "namespaceName">; readonly messages: number }
  /** Any KEDA scaler, with the app's identity. @example { by: "scaler", type: "cron", metadata: { timezone: "UTC", start: "0 6 * * *", end: "0 20 * * *", desiredReplicas: "2" } } */
  | { readonly by: "scaler"; readonly type: string; readonly metadata: Readonly<Record<string, string>> };

interface Scale {
  /** Replicas that always run. Default: 1. 0 lets the app sleep. */
  readonly min?: number | undefined;
  /** Default: the larger of `min` and 3. */
  readonly max?: number | undefined;
  /** Default: 10 concurrent requests a replica, which is Azure's own default, made visible. */
  readonly rules?: readonly ScaleRule[] | undefined;
  /** How many seconds nothing must wait before the last replica goes. Default: 300, which is Azure's. */
  readonly cooldownSeconds?: number | undefined;
  /** How often, in seconds, KEDA looks at a queue. Default: 30, which is Azure's. */
  readonly pollingSeconds?: number | undefined;
}

/** KEDA signs in to Redis by password only, and our caches have none. Source: kedacore/keda#7888, which is open. */
const withoutIdentity = /^redis(-|$)/;

/** What is wrong with the rules of a scale, which no inventory says. */
function scaleProblems({ min, rules = [] }: Scale): string[] {
  const passwords = rules.flatMap((rule) =>
    rule.by === "scaler" && withoutIdentity.test(rule.type) ? [rule.type] : [],
  );
  return [
    ...sleepProblems(min, rules),
    ...passwords.map(
      (type) => `the scaler "${type}" knows no identity, and a cache has no keys; scale by a queue, or by CPU`,
    ),
  ];
}

function sleepProblems(min: number | undefined, rules: readonly ScaleRule[]): string[] {
  if (min !== 0 || rules.length === 0 || rules.some((rule) => rule.by !== "cpu" && rule.by !== "memory")) return [];
  return [
    "scale.min is 0, but CPU and memory cannot wake an app that has no replica; add a rule by requests, or keep one replica",
  ];
}

/** The scale as Azure takes it. */
export function scaleArgs(
  scale: Scale,
  hasIngress: boolean,
  identityId: input.app.CustomScaleRuleArgs["identity"],
): input.app.ScaleArgs {
  const { min, max } = limits(scale);
  const rules = scale.rules ?? (hasIngress ? [{ by: "requests", concurrentRequests: 10 } as const] : []);
  return {
    minReplicas: min,
    maxReplicas: max,
    rules: rules.map((rule, index) => ruleArgs(rule, index, identityId)),
    ...(scale.cooldownSeconds === undefined ? {} : { cooldownPeriod: scale.cooldownSeconds }),
    ...(scale.pollingSeconds === undefined ? {} : { pollingInterval: scale.pollingSeconds }),
  };
}

function limits(scale: Scale): { min: number; max: number } {
  const min = scale.min ?? 1;
  return { min, max: scale.max ?? Math.max(min, 3) };
}

function ruleArgs(
  rule: ScaleRule,
  index: number,
  identityId: input.app.CustomScaleRuleArgs["identity"],
): input.app.ScaleRuleArgs {
  const name = `${rule.by}-${index + 1}`;
  switch (rule.by) {
    case "requests":
      return { name, http: { metadata: { concurrentRequests: String(rule.concurrentRequests) } } };
    case "cpu":
    case "memory":
      return { name, custom: { type: rule.by, metadata: { type: "Utilization", value: String(rule.percent) } } };
    case "queue": {
      const metadata = {
        namespace: rule.queue.namespaceName,
        queueName: rule.queue.name,
        messageCount: String(rule.messages),
      };
      return { name, custom: customArgs("azure-servicebus", metadata, identityId) };
    }
    case "scaler":
      return { name, custom: customArgs(rule.type, rule.metadata, identityId) };
  }
}

function customArgs(
  type: string,
  metadata: Readonly<Record<string, pulumi.Input<string>>>,
  identity: input.app.CustomScaleRuleArgs["identity"],
): input.app.CustomScaleRuleArgs {
  return { type, metadata: { ...metadata }, ...(identity === undefined ? {} : { identity }) };
}
