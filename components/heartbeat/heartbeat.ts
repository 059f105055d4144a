import type { JobArgs } from "@pulumi/azure-native/app";
import type { ActionsEnvironmentSecretArgs } from "@pulumi/github/actionsEnvironmentSecret";
import { ActionsVariable, type ActionsVariableArgs } from "@pulumi/github/actionsVariable";
import { IssueLabel, type IssueLabelArgs } from "@pulumi/github/issueLabel";
import type { RepositoryFileArgs } from "@pulumi/github/repositoryFile";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import { shippedProgram } from "../../programs/bundle";
import type { StackContext } from "../context/stack-context";
import { workflowYaml } from "../github-actions/workflow";
import { addEnvironment } from "../repository/repository";
import { type CommitQueue, commitFiles } from "../repository/repository-files";
import { environmentSchema } from "../repository/schema";
import { type Transform, transformed } from "../transform/transform";
import { detectionPromise } from "./detection";
import { heartbeatPaths, heartbeatSettings, heartbeatWorkflow } from "./heartbeat-workflow";
import { type HeartbeatEntry, heartbeatSchema } from "./schema";
import { addBeatReader, addWatcherJob, type JobBeat, type SecondWatcher } from "./second-watcher";

/** What both watchers run. */
const watchProgram = "programs/jobs/heartbeat/watch.ts";

export interface HeartbeatArgs {
  readonly context: StackContext;
  /** The inventory entry: what is watched, thresholds, channel, runbook. */
  readonly heartbeat: HeartbeatEntry;
  readonly commits: CommitQueue;
  /** Default: none; GitHub's schedule is best effort, so a real target has one. */
  readonly secondWatcher?: SecondWatcher;
  readonly transform?: {
    readonly file?: Transform<RepositoryFileArgs>;
    readonly variable?: Transform<ActionsVariableArgs>;
    readonly secret?: Transform<ActionsEnvironmentSecretArgs>;
    readonly label?: Transform<IssueLabelArgs>;
    readonly job?: Transform<JobArgs>;
  };
}

/**
 * Watches an endpoint from outside: a GitHub workflow with its script, secrets and variables, and a second watcher in Azure.
 *
 * Cost: in a private repository the workflow takes about 8,640 billed minutes a month times the minutes of a run, against 2,000 free.
 * Use a public repository (nothing secret is in the files or the log), or pay.
 *
 * @example
 * ```ts
 * new Heartbeat("anvil", { context, heartbeat: entry, commits, secondWatcher });
 * ```
 */
export class Heartbeat extends pulumi.ComponentResource {
  /** The workflow's path in its repository. */
  readonly workflowPath: string;
  readonly secondWatcherId: pulumi.Output<string> | undefined;
  /** How long it takes until people hear of an outage, and of a watcher's silence: computed from the schedules. */
  readonly detection: ReturnType<typeof detectionPromise>;

  constructor(name: string, args: HeartbeatArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:heartbeat:Heartbeat", name, {}, opts);
    refuseProblems(name, args);

    const paths = heartbeatPaths(args.heartbeat.name);
    this.workflowPath = paths.workflow;
    const script = shippedProgram(watchProgram).text;
    const { heartbeat, secondWatcher } = args;
    const job = secondWatcher && addWatcherJob(name, heartbeat, secondWatcher, watchProgram, args.transform?.job, this);
    const beat = secondWatcher && job && addBeatReader(name, heartbeat, secondWatcher, job, this);
    const settings = this.addSettings(name, args, beat);
    const workflow = heartbeatWorkflow(heartbeat, { watchesWatcher: beat !== undefined });
    const target = {
      repository: heartbeat.repository,
      branch: heartbeat.branch,
      commits: args.commits,
      files: { [paths.script]: script, [paths.workflow]: workflowYaml(workflow) },
    };
    commitFiles(this, name, target, args.transform?.file, settings);
    this.secondWatcherId = job?.id;
    this.detection = detectionPromise(heartbeat, { azure: job !== undefined });

    this.registerOutputs({
      workflowPath: this.workflowPath,
      secondWatcherId: this.secondWatcherId,
      detection: this.detection,
    });
  }

  private addSettings(name: string, args: HeartbeatArgs, beat: JobBeat | undefined): pulumi.Resource[] {
    const names = heartbeatSettings(args.heartbeat.name);
    const { repository } = args.heartbeat;
    // The webhooks of the alert channel and of who is woken; the tunnel's address is a way in, so it is secret too.
    const environment = environmentSchema.parse({
      name: names.environment,
      branches: [args.heartbeat.branch],
      secrets: [
        ...(args.heartbeat.reach.github.via === "tunnel" ? [names.url] : []),
        ...[names.webhook, names.escalationWebhook],
      ],
    });
    const variables: [string, pulumi.Input<string>][] = [
      [names.alertAfter, String(args.heartbeat.alertAfter)],
      [names.escalateAfter, String(args.heartbeat.escalateAfter)],
      ...(beat === undefined ? [] : beatVariables(names, beat)),
    ];
    const labels: [string, string, string][] = [
      [name, `heartbeat-${args.heartbeat.name}`, `${args.heartbeat.name} does not answer`],
      ...(beat === undefined ? [] : [watcherLabel(name, args.heartbeat.name)]),
    ];
    return [
      ...labels.map(([logicalName, label, description]) => {
        const labelArgs = { repository, name: label, color: "d73a4a", description };
        return new IssueLabel(...transformed(args.transform?.label, logicalName, labelArgs, { parent: this }));
      }),
      ...addEnvironment(this, name, { repository, environment }, { secret: args.transform?.secret }),
      ...variables.map(([variableName, value]) => {
        const variable = { repository, variableName, value };
        const logicalName = `${name}-${variableName}`;
        return new ActionsVariable(...transformed(args.transform?.variable, logicalName, variable, { parent: this }));
      }),
    ];
  }
}

function beatVariables(
  names: ReturnType<typeof heartbeatSettings>,
  { jobId, clientId, tenantId }: JobBeat,
): [string, pulumi.Input<string>][] {
  return [
    [names.watcherJob, jobId],
    [names.watcherClient, clientId],
    [names.watcherTenant, tenantId],
  ];
}

function watcherLabel(name: string, target: string): [string, string, string] {
  return [`${name}-watcher`, `heartbeat-${target}-watcher`, `The second watcher of ${target} is silent`];
}

/** @throws with everything that is wrong with the arguments */
function refuseProblems(name: string, { heartbeat }: HeartbeatArgs): void {
  const problems = argumentProblems(heartbeatSchema, heartbeat);
  refuse(`Heartbeat "${name}"`, problems, heartbeat);
}
