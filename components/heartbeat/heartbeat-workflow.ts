import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { expression, type Workflow } from "../github-actions/workflow";
import type { HeartbeatEntry } from "./schema";

/** Where the files of a heartbeat lie in its repository. */
export function heartbeatPaths(name: string): { readonly workflow: string; readonly script: string } {
  return { workflow: `.github/workflows/heartbeat-${name}.yml`, script: `.github/heartbeat/${name}.mjs` };
}

/** Names of a heartbeat's secrets and variables in its repository. */
export function heartbeatSettings(name: string) {
  const prefix = `HEARTBEAT_${name.toUpperCase().replaceAll("-", "_")}`;
  return {
    url: `${prefix}_URL`,
    webhook: `${prefix}_WEBHOOK`,
    escalationWebhook: `${prefix}_ESCALATION_WEBHOOK`,
    alertAfter: `${prefix}_ALERT_AFTER`,
    escalateAfter: `${prefix}_ESCALATE_AFTER`,
  } as const;
}

/** Polls in one run and the seconds between them: together the five minutes to the next run. */
export const polling = { polls: 5, intervalSeconds: 60 } as const;

/** Every five minutes, the shortest GitHub takes, at odd minutes: runs at full hours and quarters are delayed most. */
const everyFiveMinutes = "3-59/5 * * * *";

/**
 * The workflow that watches an endpoint. A run polls several times, because GitHub starts scheduled runs every five minutes at best;
 * the failure count is kept in the open incident, so that it outlives the run.
 */
export function heartbeatWorkflow(entry: HeartbeatEntry): Workflow {
  const paths = heartbeatPaths(entry.name);
  const settings = heartbeatSettings(entry.name);
  return {
    name: `Heartbeat ${entry.name}`,
    on: { schedule: [{ cron: everyFiveMinutes }], workflow_dispatch: {} },
    permissions: {},
    // Two runs at once would count every failure twice. A late run waits instead of ending the one that watches.
    concurrency: { group: `heartbeat-${entry.name}`, "cancel-in-progress": false },
    jobs: {
      watch: {
        "runs-on": runner,
        "timeout-minutes": 8,
        // actions: to enable the workflow again, which GitHub disables after 60 quiet days. issues: the incident.
        permissions: { actions: "write", contents: "read", issues: "write" },
        steps: [
          {
            name: "Check out the script",
            uses: pinnedActions.checkout,
            with: { "persist-credentials": false, "sparse-checkout": ".github/heartbeat" },
          },
          {
            name: "Watch",
            env: {
              TARGET: entry.name,
              HEALTH_URL: expression(`secrets.${settings.url}`),
              SLACK_WEBHOOK: expression(`secrets.${settings.webhook}`),
              SLACK_ESCALATION_WEBHOOK: expression(`secrets.${settings.escalationWebhook}`),
              ALERT_AFTER: expression(`vars.${settings.alertAfter}`),
              ESCALATE_AFTER: expression(`vars.${settings.escalateAfter}`),
              CHANNEL: entry.channel,
              RUNBOOK: entry.runbook,
              POLLS: String(polling.polls),
              INTERVAL_SECONDS: String(polling.intervalSeconds),
              MEMORY: "incident",
              WORKFLOW_FILE: `heartbeat-${entry.name}.yml`,
              GITHUB_TOKEN: expression("github.token"),
            },
            run: `node ${paths.script}`,
          },
        ],
      },
    },
  };
}
