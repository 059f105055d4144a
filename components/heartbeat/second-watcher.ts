import type { JobArgs } from "@pulumi/azure-native/app";
import type * as pulumi from "@pulumi/pulumi";
import type { JobPath } from "../../programs/bundle";
import { ContainerJob } from "../container-apps/container-job";
import { workloadRoles } from "../container-apps/workload-identity";
import { type SubjectForm, trustRuns } from "../github-actions/oidc-subjects";
import { ManagedIdentity } from "../identity/managed-identity";
import type { RoleGrant } from "../identity/role-assignment";
import type { SecretReference } from "../key-vault/key-vault";
import {
  type BlobContainerReference,
  nodeCommand,
  placementOf,
  type ScriptPlacement,
} from "../scheduled-script/scheduled-script";
import type { Transform } from "../transform/transform";
import { azureSchedule, silenceMinutes, watchSettings } from "./detection";
import { heartbeatSettings } from "./heartbeat-workflow";
import type { HeartbeatEntry } from "./schema";

/** The watcher that does not depend on GitHub: a job in Azure that polls every minute. It and GitHub's watch each other. */
export interface SecondWatcher extends ScriptPlacement {
  /** The health endpoint, Slack and escalation webhooks, as vault references. */
  readonly healthUrl: SecretReference;
  readonly slackWebhook: SecretReference;
  readonly escalationWebhook: SecretReference;
  /** Where the failure count is kept between runs. */
  readonly container: BlobContainerReference;
  /** Default: neither notices when the other falls silent. */
  readonly github?: {
    /** Who owns the repository. */
    readonly owner: string;
    /** In which form its runs' subjects are believed. */
    readonly subjects: SubjectForm;
    /** Workflows of the repository that begin each day: that one no longer does is noticed, too. Default: none. @example ["drift.yml"] */
    readonly dailyWorkflows?: readonly string[];
    /** A token that may read its workflow runs. */
    readonly token: SecretReference;
    /** The directory in which GitHub's watcher becomes an identity that may look at this job, and at nothing else. */
    readonly tenantId: string;
  };
}

/** What GitHub's watcher needs to see when the job last ran, by the variables of the workflow. */
export interface JobBeat {
  readonly jobId: pulumi.Output<string>;
  readonly clientId: pulumi.Output<string>;
  readonly tenantId: string;
}

/** Seconds a run may take: one poll, its messages, and the state. The next begins after a minute. */
const timeoutSeconds = 55;

/** Makes the job. */
export function addWatcherJob(
  name: string,
  heartbeat: HeartbeatEntry,
  watcher: SecondWatcher,
  program: JobPath,
  transform: Transform<JobArgs> | undefined,
  parent: pulumi.Resource,
): ContainerJob {
  return new ContainerJob(
    `${name}-watcher`,
    {
      ...placementOf(watcher),
      ...nodeCommand(program),
      trigger: { by: "schedule", cron: "* * * * *" },
      timeoutSeconds,
      retries: 0,
      env: {
        ...watchSettings(heartbeat, azureSchedule),
        ALERT_AFTER: String(heartbeat.alertAfter),
        ESCALATE_AFTER: String(heartbeat.escalateAfter),
        MEMORY: "blob",
        CONTAINER_URL: watcher.container.url,
        ...(watcher.github === undefined
          ? {}
          : {
              GITHUB_REPOSITORY: `${watcher.github.owner}/${heartbeat.repository}`,
              WORKFLOW_FILE: `heartbeat-${heartbeat.name}.yml`,
              SILENCE_MINUTES: String(silenceMinutes.github),
              DAILY_WORKFLOWS: JSON.stringify(watcher.github.dailyWorkflows ?? []),
            }),
      },
      secrets: watcherSecrets(watcher),
      ...(watcher.identity === undefined ? { roles: containerRoles(watcher) } : {}),
      ...(transform === undefined ? {} : { transform: { job: transform } }),
    },
    { parent },
  );
}

/** Makes the identity as which GitHub's watcher looks at the job; undefined when neither watches the other. */
export function addBeatReader(
  name: string,
  { name: heartbeatName, repository }: HeartbeatEntry,
  { context, resourceGroupName, github }: SecondWatcher,
  job: ContainerJob,
  parent: pulumi.Resource,
): JobBeat | undefined {
  if (github === undefined) return undefined;
  const identity = new ManagedIdentity(
    `${name}-beat`,
    {
      context,
      resourceGroupName,
      federatedCredentials: trustRuns({ owner: github.owner, name: repository, subjects: github.subjects }, [
        { name: "environment", run: `environment:${heartbeatSettings(heartbeatName).environment}` },
      ]),
      roles: [{ on: "job", role: "Reader", scope: job.id }],
    },
    { parent },
  );
  return { jobId: job.id, clientId: identity.clientId, tenantId: github.tenantId };
}

/** The roles that the second watcher's identity needs. For those who give it one, because what it reads and writes is another stack's. */
export function watcherRoles(
  watcher: Omit<SecondWatcher, keyof ScriptPlacement> & Pick<SecondWatcher, "registry">,
): RoleGrant[] {
  const { registry } = watcher;
  return workloadRoles({ registry, secrets: watcherSecrets(watcher), roles: containerRoles(watcher) });
}

function containerRoles({ container }: Pick<SecondWatcher, "container">): RoleGrant[] {
  return [{ on: "watcher", role: "Storage Blob Data Contributor", scope: container.id }];
}

function watcherSecrets(watcher: Omit<SecondWatcher, keyof ScriptPlacement>): Record<string, SecretReference> {
  return {
    HEALTH_URL: watcher.healthUrl,
    SLACK_WEBHOOK: watcher.slackWebhook,
    SLACK_ESCALATION_WEBHOOK: watcher.escalationWebhook,
    ...(watcher.github === undefined ? {} : { GITHUB_TOKEN: watcher.github.token }),
  };
}
