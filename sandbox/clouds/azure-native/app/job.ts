import { isDeepStrictEqual } from "node:util";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { cronProblems } from "../../../../lib/cron";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import type { WorldObject, WorldReading, WorldTransaction } from "../../../world/world";
import { mapAt, mapsAt, textAt } from "../../read-property";
import { nameOfId, parentOfId } from "../arm-id";
import { armType } from "../arm-type";
import { signInProblem } from "../dbforpostgresql/sign-in";
import { resourceNotFound } from "../existing-resources";
import { assignedIdentities } from "../managedidentity";
import { identityType, systemIdentity } from "../principals";
import { appName } from "./container-app";
import { requireContainers, requireResourcePair, requireSecrets } from "./container-template";
import { environmentType, requireEnvironment, requireRoomOnProfile, runsOnConsumption } from "./environment";
import {
  environmentIdOf,
  requirePullableImages,
  requireReachableServices,
  requireReadableSecrets,
} from "./identity-access";

const triggerBlocks = {
  Schedule: "scheduleTriggerConfig",
  Event: "eventTriggerConfig",
  Manual: "manualTriggerConfig",
} as const;

export const jobType = "azure-native:app:Job";

export const job = armType({
  type: "app:Job",
  describedBy: ["appcontainers", "Job", "jobName"],
  path: "Microsoft.App/jobs/{jobName}",
  name: { ...appName, code: "JobInvalidName" },
  located: true,
  required: ["environmentId", "configuration", "configuration.replicaTimeout", "configuration.triggerType", "template"],
  allowed: { "configuration.triggerType": Object.keys(triggerBlocks) },
  ranges: {
    "configuration.replicaTimeout": { minimum: 1, maximum: 604800 },
    "configuration.replicaRetryLimit": { minimum: 0, maximum: 10 },
  },
  check: triggerFailures,
  defaults: { configuration: { replicaRetryLimit: 0 } },
  createOnly: ["environmentId", "configuration.triggerType"],
  notReturned: ["configuration.secrets[*].value"],
  computed: {
    names: [
      "provisioningState",
      "runningState",
      "outboundIpAddresses",
      "eventStreamEndpoint",
      "identity.principalId",
      "identity.tenantId",
    ],
    values: (context) => ({
      provisioningState: "Succeeded",
      runningState: "Ready",
      outboundIpAddresses: [],
      eventStreamEndpoint: `https://${textAt(context.inputs, "location")}.azurecontainerapps.dev${context.id}/eventstream`,
      ...systemIdentity(context),
    }),
  },
  service: {
    write: (context) => {
      const { inputs, world, id, type } = context;
      requireSchedule(inputs);
      requireEnvironment(context);
      requireContainers(context);
      requireSecrets(inputs);
      if (!runsOnConsumption(context)) requireRoomOnProfile(context);
      else requireResourcePair(inputs);
      requireReadableSecrets(context);
      requireReachableServices(context);
      const running = mapsAt(world.get(type, id)?.properties ?? {}, "template.containers");
      requirePullableImages(context, new Set(running.flatMap((container) => textAt(container, "image") ?? [])));
    },
  },
});

/** The block of the trigger type must be there, and no other. */
function triggerFailures(inputs: PropertyMap): readonly CheckFailure[] {
  const trigger = textAt(inputs, "configuration.triggerType");
  const configuration = inputs.configuration;
  if (trigger === undefined || typeof configuration !== "object" || configuration === null) return [];
  return Object.entries(triggerBlocks).flatMap(([type, block]) => {
    const property = `configuration.${block}`;
    const isGiven = Object.hasOwn(configuration, block);
    if (type === trigger && !isGiven) {
      return [
        {
          property,
          reason: `JobTriggerConfigInvalid: missing required property '${property}' for trigger type ${type}`,
        },
      ];
    }
    return type !== trigger && isGiven
      ? [{ property, reason: `JobTriggerConfigInvalid: '${property}' does not go with trigger type ${trigger}` }]
      : [];
  });
}

function requireSchedule(inputs: PropertyMap): void {
  const expression = textAt(inputs, "configuration.scheduleTriggerConfig.cronExpression");
  const problems = expression === undefined ? [] : cronProblems(expression, { words: true });
  if (problems.length === 0) return;
  throw new ServiceError(
    "InvalidCronExpression",
    `The cron expression '${expression}' is not valid: ${problems.join("; ")}.`,
  );
}

/** A run of a job. The world keeps how many there were, and what each ran. */
const executionType = "azure-native:app:JobExecution";

/**
 * Starts a run, which ends at once.
 *
 * @param fault why it fails. Default: it cannot sign in to its database, or it succeeds
 * @returns its name
 */
export function startJob(
  world: WorldTransaction,
  jobId: string,
  fault?: (job: WorldObject) => string | undefined,
): string {
  const found = world.get(jobType, jobId);
  if (found === undefined) throw resourceNotFound(jobId);
  const name = `${nameOfId(jobId)}-${String(executionsOf(world, jobId).length + 1).padStart(7, "0")}`;
  const problem = fault?.(found) ?? databaseProblem(world, found);
  const ended: PropertyMap = problem === undefined ? { status: "Succeeded" } : { status: "Failed", reason: problem };
  const startTime = new Date().toISOString();
  const properties = { name, startTime, template: mapAt(found.properties, "template"), ...ended };
  world.put({ cloud: "azure", kind: executionType, id: `${jobId}/executions/${name}`, properties });
  return name;
}

/** How a run ended. */
export function executionState(world: WorldReading, jobId: string, run: string): "succeeded" | "failed" {
  const status = textAt(world.get(executionType, `${jobId}/executions/${run}`)?.properties ?? {}, "status");
  return status === "Succeeded" ? "succeeded" : "failed";
}

/** The newest run of what a job runs now. */
export function newestExecution(world: WorldReading, jobId: string): string | undefined {
  const template = mapAt(world.get(jobType, jobId)?.properties ?? {}, "template");
  const same = executionsOf(world, jobId).filter(({ properties }) => isDeepStrictEqual(properties.template, template));
  const names = same.map(({ properties }) => textAt(properties, "name") ?? "");
  return names.sort().at(-1);
}

/** Its runs, the newest last. */
export function executionsOf(world: WorldReading, jobId: string): readonly WorldObject[] {
  return world.children(jobId).filter(({ kind }) => kind === executionType);
}

/** Why a job cannot sign in to the database server of which a variable is the address; undefined when it can, or none is. */
function databaseProblem(world: WorldTransaction, { properties }: WorldObject): string | undefined {
  const variables = mapsAt(properties, "template.containers").flatMap((container) => mapsAt(container, "env"));
  const [, user, host] =
    variables
      .map((one) => /^postgresql:\/\/([^@/]+)@([^:/]+):\d+$/.exec(textAt(one, "value") ?? "") ?? [])
      .find((parts) => parts.length > 0) ?? [];
  if (host === undefined || user === undefined) return undefined;
  const environment = world.get(environmentType, environmentIdOf(properties) ?? "")?.properties ?? {};
  const subnet = textAt(environment, "vnetConfiguration.infrastructureSubnetId");
  const [identity = ""] = assignedIdentities(properties);
  const principalId = textAt(world.get(identityType, identity)?.properties ?? {}, "principalId");
  return signInProblem(world, { host, user, principalId, networkId: subnet && parentOfId(subnet) });
}
