import { getJob, Job, type JobArgs } from "@pulumi/azure-native/app";
import * as inputs from "@pulumi/azure-native/types/input";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import { runAfterChange } from "../../lib/resource-types";
import { readExisting } from "../adoption/resource-options";
import type { PinnedImage } from "../container-registry/public-images";
import type { IdentityReference } from "../identity/managed-identity";
import { physicalName } from "../naming/physical-name";
import { withKnownParts } from "../transform/known-parts";
import { type Transform, transformed } from "../transform/transform";
import { containerArgs, containerProblems, imageToRun, registryCredentials, secretArgs } from "./container";
import type { ContainerSpec } from "./container-spec";
import { azureProfileName } from "./profile";
import { jobArguments } from "./schema";
import { workloadIdentity } from "./workload-identity";

/** What starts a job. Replacement: another kind of trigger replaces the job. */
export type JobTrigger =
  /** By hand or by another program. */
  | { readonly by: "hand" }
  /** By the clock: a cron expression of exactly five fields, in UTC. @example { by: "schedule", cron: "0 2 * * 0" } */
  | { readonly by: "schedule"; readonly cron: string };

/** A part of a job's run that needs an image of its own. It has the job's identity and size; its secrets are among the job's. */
export interface JobStep extends Pick<ContainerSpec, "command" | "args" | "env" | "secrets"> {
  /** The container's name. Unlike the job's. */
  readonly name: string;
  readonly image: PinnedImage;
}

/** The directory that a job with steps shares with them: empty at first, and gone after the run. */
export const sharedDirectory = "/work";

export interface ContainerJobArgs extends ContainerSpec {
  /** What starts it. */
  readonly trigger: JobTrigger;
  /** Seconds after which a run is stopped. Give what a run may take, not what it usually takes. @example 600 */
  readonly timeoutSeconds: number;
  /**
   * What runs before, one after the other; when one fails, the run does. All share {@link sharedDirectory}. They may use the identity only
   * on Consumption in an environment with workload profiles, as every environment here is. Source: Azure documentation, "Managed
   * identities in Azure Container Apps". Default: nothing.
   */
  readonly before?: readonly JobStep[] | undefined;
  /** How often a failed run is tried again: 0 to 10. Default: 1. */
  readonly retries?: number | undefined;
  /** Whether `npm run up` starts it as long as it has not succeeded since it was made or changed, and fails when it fails. Default: false. */
  readonly runsAfterChange?: boolean | undefined;
  readonly transform?: { readonly job?: Transform<JobArgs> };
}

/** A job that runs to its end, at set times or on demand. Identity, secrets and image are as with an app. */
export class ContainerJob extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly principalId: pulumi.Output<string>;
  /** The image that runs after this deployment. */
  readonly image: pulumi.Output<string>;

  constructor(name: string, args: ContainerJobArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:containerapps:ContainerJob", name, {}, opts);
    refuse(`ContainerJob "${name}"`, [...argumentProblems(jobArguments, args), ...containerProblems(args)], args);
    const { context } = args;
    const jobName = physicalName(context, "containerApp", name);

    // Not the name that an app's identity has: a service that turns from an app into a job is made before the app goes.
    const identity = workloadIdentity(`${name}-job`, args, this);
    this.image = imageToRun(args, "job", (resourceGroupName) => this.#runningImage(resourceGroupName, jobName));
    const job = new Job(
      ...withKnownParts(
        transformed<JobArgs>(
          args.transform?.job,
          name,
          {
            resourceGroupName: args.resourceGroupName,
            location: context.location,
            jobName,
            environmentId: args.environment.id,
            workloadProfileName: azureProfileName(args.profile, args.environment.profiles),
            ...(args.runsAfterChange === true ? { tags: runAfterChange } : {}),
            identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
            configuration: {
              ...triggerArgs(args.trigger),
              replicaTimeout: args.timeoutSeconds,
              replicaRetryLimit: args.retries ?? 1,
              registries: registryCredentials(args, identity),
              secrets: secretArgs(args, identity),
            },
            template: this.#template(name, args, identity),
          },
          { parent: this, dependsOn: [...identity.granted] },
        ),
        { configuration: inputs.app.jobConfigurationArgsProvideDefaults },
      ),
    );
    this.id = job.id;
    this.principalId = identity.principalId;
    this.registerOutputs({ id: this.id, principalId: this.principalId, image: this.image });
  }

  #template(name: string, args: ContainerJobArgs, identity: IdentityReference): inputs.app.JobTemplateArgs {
    const main = containerArgs(name, args, this.image, identity);
    if (args.before === undefined) return { containers: [main] };
    const volumeMounts = [{ volumeName: "work", mountPath: sharedDirectory }];
    const steps = args.before.map(({ name: step, ...own }) => {
      const spec = { ...args, secrets: undefined, ...own };
      return { ...containerArgs(step, spec, imageToRun(spec, "job", noRunningImage), identity), volumeMounts };
    });
    return {
      initContainers: steps,
      containers: [{ ...main, volumeMounts }],
      volumes: [{ name: "work", storageType: "EmptyDir" }],
    };
  }

  async #runningImage(resourceGroupName: string, jobName: string): Promise<string | undefined> {
    const job = await readExisting(() => getJob({ resourceGroupName, jobName }, { parent: this }));
    return job?.template?.containers?.[0]?.image;
  }
}

/** A step's image is pinned: nothing else is ever asked for. */
const noRunningImage = async () => undefined;

/** One run at a time: what runs twice at once must say so by another trigger. */
function triggerArgs(trigger: JobTrigger) {
  const once = { parallelism: 1, replicaCompletionCount: 1 };
  switch (trigger.by) {
    case "hand":
      return { triggerType: "Manual", manualTriggerConfig: once };
    case "schedule":
      return { triggerType: "Schedule", scheduleTriggerConfig: { ...once, cronExpression: trigger.cron } };
  }
}
