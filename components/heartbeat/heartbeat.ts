import type { JobArgs } from "@pulumi/azure-native/app";
import { ActionsSecret, type ActionsSecretArgs } from "@pulumi/github/actionsSecret";
import { ActionsVariable, type ActionsVariableArgs } from "@pulumi/github/actionsVariable";
import { IssueLabel, type IssueLabelArgs } from "@pulumi/github/issueLabel";
import type { RepositoryFileArgs } from "@pulumi/github/repositoryFile";
import * as pulumi from "@pulumi/pulumi";
import { ContainerJob } from "../container-apps/container-job";
import { workloadRoles } from "../container-apps/workload-identity";
import type { StackContext } from "../context/stack-context";
import { workflowYaml } from "../github-actions/workflow";
import type { RoleGrant } from "../identity/role-assignment";
import type { SecretReference } from "../key-vault/secret-reference";
import type { CommitQueue } from "../repository/commit-queue";
import { secretOptions } from "../repository/repository";
import { commitFiles } from "../repository/repository-files";
import {
  type BlobContainerReference,
  nodeCommand,
  placementOf,
  type ScriptPlacement,
  scriptText,
} from "../scheduled-script/scheduled-script";
import { type Transform, transformed } from "../transform/transform";
import { heartbeatPaths, heartbeatSettings, heartbeatWorkflow } from "./heartbeat-workflow";
import type { HeartbeatEntry } from "./schema";

/** The watcher that does not depend on GitHub: a job in Azure that polls every minute, and also notices when GitHub's falls silent. */
export interface SecondWatcher extends ScriptPlacement {
  /** The health endpoint, Slack and escalation webhooks, as vault references. */
  readonly healthUrl: SecretReference;
  readonly slackWebhook: SecretReference;
  readonly escalationWebhook: SecretReference;
  /** Where the failure count is kept between runs. */
  readonly container: BlobContainerReference;
  /** Who owns the repository, and a token that may read its workflow runs. Default: GitHub's silence is not noticed. */
  readonly github?: { readonly owner: string; readonly token: SecretReference };
}

export interface HeartbeatArgs {
  readonly context: StackContext;
  /** The inventory entry: what is watched, thresholds, channel, runbook. */
  readonly heartbeat: HeartbeatEntry;
  readonly commits: CommitQueue;
  /** The health endpoint. Kept secret: it is a way in. */
  readonly healthUrl: pulumi.Input<string>;
  /** The incoming webhook of the alert channel. */
  readonly slackWebhook: pulumi.Input<string>;
  /** The incoming webhook that wakes somebody. */
  readonly escalationWebhook: pulumi.Input<string>;
  /** Default: none; GitHub's schedule is best effort, so a real target has one. */
  readonly secondWatcher?: SecondWatcher;
  readonly transform?: {
    readonly file?: Transform<RepositoryFileArgs>;
    readonly variable?: Transform<ActionsVariableArgs>;
    readonly secret?: Transform<ActionsSecretArgs>;
    readonly label?: Transform<IssueLabelArgs>;
    readonly job?: Transform<JobArgs>;
  };
}

/** Minutes without a run after which GitHub's watcher counts as silent: runs are late by minutes, and sometimes dropped. */
const silenceMinutes = 30;

/** Seconds a run of the second watcher may take: one poll, its messages, and the state. */
const timeoutSeconds = 55;

/**
 * Watches an endpoint from outside: a GitHub workflow with its script, secrets and variables, and a second watcher in Azure.
 *
 * Cost: in a private repository the workflow takes about 8,640 billed minutes a month times the minutes of a run, against 2,000 free.
 * Use a public repository (nothing secret is in the files or the log), or pay.
 *
 * @example
 * ```ts
 * new Heartbeat("anvil", { context, heartbeat: entry, commits, healthUrl, slackWebhook, escalationWebhook, secondWatcher });
 * ```
 */
export class Heartbeat extends pulumi.ComponentResource {
  /** The workflow's path in its repository. */
  readonly workflowPath: string;
  readonly secondWatcherId: pulumi.Output<string> | undefined;

  constructor(name: string, args: HeartbeatArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:heartbeat:Heartbeat", name, {}, opts);
    refuse(name, args);

    const paths = heartbeatPaths(args.heartbeat.name);
    this.workflowPath = paths.workflow;
    const settings = this.addSettings(name, args);
    const target = {
      repository: args.heartbeat.repository,
      branch: args.heartbeat.branch,
      commits: args.commits,
      files: {
        [paths.script]: watchScript(),
        [paths.workflow]: workflowYaml(heartbeatWorkflow(args.heartbeat)),
      },
    };
    commitFiles(this, name, target, args.transform?.file, settings);
    this.secondWatcherId =
      args.secondWatcher === undefined ? undefined : this.addSecondWatcher(name, args, args.secondWatcher);

    this.registerOutputs({ workflowPath: this.workflowPath, secondWatcherId: this.secondWatcherId });
  }

  private addSettings(name: string, args: HeartbeatArgs): pulumi.Resource[] {
    const names = heartbeatSettings(args.heartbeat.name);
    const { repository } = args.heartbeat;
    const secrets: [string, pulumi.Input<string>][] = [
      [names.url, args.healthUrl],
      [names.webhook, args.slackWebhook],
      [names.escalationWebhook, args.escalationWebhook],
    ];
    const variables: [string, number][] = [
      [names.alertAfter, args.heartbeat.alertAfter],
      [names.escalateAfter, args.heartbeat.escalateAfter],
    ];
    const label = {
      repository,
      name: `heartbeat-${args.heartbeat.name}`,
      color: "d73a4a",
      description: `${args.heartbeat.name} does not answer`,
    };
    return [
      new IssueLabel(...transformed(args.transform?.label, name, label, { parent: this })),
      ...secrets.map(([secretName, value]) => {
        const secret = { repository, secretName, value: pulumi.secret(value) };
        const logicalName = `${name}-${secretName}`;
        return new ActionsSecret(...transformed(args.transform?.secret, logicalName, secret, secretOptions(this)));
      }),
      ...variables.map(([variableName, value]) => {
        const variable = { repository, variableName, value: String(value) };
        const logicalName = `${name}-${variableName}`;
        return new ActionsVariable(...transformed(args.transform?.variable, logicalName, variable, { parent: this }));
      }),
    ];
  }

  private addSecondWatcher(name: string, args: HeartbeatArgs, watcher: SecondWatcher): pulumi.Output<string> {
    const { heartbeat } = args;
    const job = new ContainerJob(
      `${name}-watcher`,
      {
        ...placementOf(watcher),
        ...nodeCommand(watchScript()),
        trigger: { by: "schedule", cron: "* * * * *" },
        timeoutSeconds,
        retries: 0,
        env: {
          TARGET: heartbeat.name,
          CHANNEL: heartbeat.channel,
          RUNBOOK: heartbeat.runbook,
          ALERT_AFTER: String(heartbeat.alertAfter),
          ESCALATE_AFTER: String(heartbeat.escalateAfter),
          POLLS: "1",
          INTERVAL_SECONDS: "0",
          MEMORY: "blob",
          CONTAINER_URL: watcher.container.url,
          ...(watcher.github === undefined
            ? {}
            : {
                GITHUB_REPOSITORY: `${watcher.github.owner}/${heartbeat.repository}`,
                WORKFLOW_FILE: `heartbeat-${heartbeat.name}.yml`,
                SILENCE_MINUTES: String(silenceMinutes),
              }),
        },
        secrets: watcherSecrets(watcher),
        ...(watcher.identity === undefined ? { roles: containerRoles(watcher) } : {}),
        ...(args.transform?.job === undefined ? {} : { transform: { job: args.transform.job } }),
      },
      { parent: this },
    );
    return job.id;
  }
}

/** The roles that the second watcher's identity needs. For those who give it one, because what it reads and writes is another stack's. */
export function watcherRoles(watcher: Omit<SecondWatcher, keyof ScriptPlacement>): RoleGrant[] {
  return workloadRoles({ secrets: watcherSecrets(watcher), roles: containerRoles(watcher) });
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

/** The script that both watchers run. */
function watchScript(): string {
  return scriptText(__dirname, "watch.mjs");
}

/** @throws when the escalation would come no later than the alert */
function refuse(name: string, args: HeartbeatArgs): void {
  const { alertAfter, escalateAfter } = args.heartbeat;
  if (escalateAfter <= alertAfter) {
    throw new Error(
      `Heartbeat ${name}: escalateAfter (${escalateAfter}) must be greater than alertAfter (${alertAfter})`,
    );
  }
}
