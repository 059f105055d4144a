import { joinTailnet } from "../delivery/steps";
import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { expression, type Step, type Workflow } from "../github-actions/workflow";
import { githubSchedule, silenceMinutes, watchSettings } from "./detection";
import type { HeartbeatEntry } from "./schema";

/** Where the files of a heartbeat lie in its repository. */
export function heartbeatPaths(name: string): { readonly workflow: string; readonly script: string } {
  return { workflow: `.github/workflows/heartbeat-${name}.yml`, script: `.github/heartbeat/${name}.mjs` };
}

/** Names of a heartbeat's secrets and variables in its repository. */
export function heartbeatSettings(name: string) {
  const prefix = `HEARTBEAT_${name.toUpperCase().replaceAll("-", "_")}`;
  return {
    environment: `heartbeat-${name}`,
    url: `${prefix}_URL`,
    webhook: `${prefix}_WEBHOOK`,
    escalationWebhook: `${prefix}_ESCALATION_WEBHOOK`,
    alertAfter: `${prefix}_ALERT_AFTER`,
    escalateAfter: `${prefix}_ESCALATE_AFTER`,
    watcherJob: `${prefix}_WATCHER_JOB`,
    watcherClient: `${prefix}_WATCHER_CLIENT`,
    watcherTenant: `${prefix}_WATCHER_TENANT`,
  } as const;
}

/** Every five minutes, the shortest GitHub takes, at odd minutes: runs at full hours and quarters are delayed most. */
const everyFiveMinutes = "3-59/5 * * * *";

/** What a heartbeat's workflow does beside polling. */
export interface WorkflowOptions {
  /** Whether it notices when the second watcher falls silent. Default: false. */
  readonly watchesWatcher?: boolean;
}

/**
 * The workflow that watches an endpoint. A run polls several times, because GitHub starts scheduled runs every five minutes at best;
 * the failure count is kept in the open incident, so that it outlives the run.
 */
export function heartbeatWorkflow(entry: HeartbeatEntry, { watchesWatcher = false }: WorkflowOptions = {}): Workflow {
  const identified = watchesWatcher || entry.reach.github.via === "tailnet";
  return {
    name: `Heartbeat ${entry.name}`,
    on: { schedule: [{ cron: everyFiveMinutes }], workflow_dispatch: {} },
    permissions: {},
    // Two runs at once would count every failure twice. A late run waits instead of ending the one that watches.
    concurrency: { group: `heartbeat-${entry.name}`, "cancel-in-progress": false },
    jobs: {
      watch: {
        name: "Watch",
        "runs-on": runner,
        "timeout-minutes": 8,
        // actions: GitHub disables the workflow after 60 quiet days.
        environment: heartbeatSettings(entry.name).environment,
        permissions: {
          actions: "write",
          contents: "read",
          ...(identified ? { "id-token": "write" } : {}),
          issues: "write",
        },
        steps: [
          {
            name: "Check out the script",
            uses: pinnedActions.checkout,
            with: { "persist-credentials": false, "sparse-checkout": ".github/heartbeat" },
          },
          ...joinForRun(entry),
          {
            name: "Watch",
            env: watchEnvironment(entry, watchesWatcher),
            run: `node ${heartbeatPaths(entry.name).script}`,
          },
        ],
      },
    },
  };
}

/** A runner that cannot join fails: it must not take the way for the host. The second watcher then notices that this one is silent. */
function joinForRun({ reach: { github } }: HeartbeatEntry): readonly Step[] {
  if (github.via !== "tailnet") return [];
  return [joinTailnet("to reach the endpoint", "watcher", github.tag)];
}

function watchEnvironment(entry: HeartbeatEntry, watchesWatcher: boolean): Readonly<Record<string, string>> {
  const settings = heartbeatSettings(entry.name);
  const { github } = entry.reach;
  return {
    ...watchSettings(entry, githubSchedule),
    HEALTH_URL: github.via === "tailnet" ? github.url : expression(`secrets.${settings.url}`),
    SLACK_WEBHOOK: expression(`secrets.${settings.webhook}`),
    SLACK_ESCALATION_WEBHOOK: expression(`secrets.${settings.escalationWebhook}`),
    ALERT_AFTER: expression(`vars.${settings.alertAfter}`),
    ESCALATE_AFTER: expression(`vars.${settings.escalateAfter}`),
    MEMORY: "incident",
    WORKFLOW_FILE: `heartbeat-${entry.name}.yml`,
    GITHUB_TOKEN: expression("github.token"),
    ...(watchesWatcher
      ? {
          SILENCE_MINUTES: String(silenceMinutes.azure),
          WATCHER_JOB_ID: expression(`vars.${settings.watcherJob}`),
          WATCHER_CLIENT_ID: expression(`vars.${settings.watcherClient}`),
          WATCHER_TENANT_ID: expression(`vars.${settings.watcherTenant}`),
        }
      : {}),
  };
}
