import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Step, type Workflow } from "../github-actions/workflow";
import { alarmSecrets, type DeliveryPlan, deliveryVariables } from "./delivery-plan";
import { matrixRow, parametersFor } from "./stack-workflow";
import { providerTokens, readAddress, setUp, signIn, signInToVault, stackEnvironment, variable } from "./steps";

/** Daily, at an odd minute: GitHub delays most what is due at full hours. */
const onMondays = "17 4 * * 1";
const otherDays = "17 4 * * 0,2-6";

/** Whether the week's digest is told by this run. */
const tellsDigest = `(github.event.schedule == '${onMondays}' || github.event_name == 'workflow_dispatch')`;

/**
 * Compares the clouds with the state and the state with the program, every day and on demand, as an identity that can only read. On
 * Mondays, and on demand, the team is told what changed, drifted and ends. That is no workflow of its own, so that whoever notices that
 * this one no longer begins notices it of the digest.
 *
 * Its environment lets only the deployed branch in: a pull request runs as the same identity, but cannot page anybody.
 */
export function driftWorkflow(plan: DeliveryPlan): Workflow {
  return {
    name: "Drift",
    on: { schedule: [{ cron: onMondays }, { cron: otherDays }], workflow_dispatch: {} },
    permissions: {},
    concurrency: { group: "drift", "cancel-in-progress": false },
    jobs: { drift: driftJob(plan), digest: digestJob(plan) },
  };
}

const parameters = [...parametersFor.preview, "installs-on-machines"] as const;

/** One job a stack, of which none ends another: a stack that drifts says nothing about the others. */
function driftJob({ branch, driftEnvironment, stacks }: DeliveryPlan): Job {
  return {
    name: `Drift of ${expression("matrix.stack")}`,
    if: expression(`github.ref == 'refs/heads/${branch}'`),
    strategy: { "fail-fast": false, matrix: { include: stacks.map((stack) => matrixRow(stack, parameters)) } },
    "runs-on": runner,
    "timeout-minutes": 45,
    permissions: { contents: "read", "id-token": "write", issues: "write" },
    environment: driftEnvironment,
    env: stackEnvironment("matrix", "preview"),
    steps: [
      ...setUp(),
      ...readAlarms,
      // The lease of the hosts is private: the failover name is compared with it.
      ...signIn("matrix", "preview", "installs-on-machines"),
      {
        name: "Look for drift, and file it",
        // The tailnet is listed as whom GitHub says this run is; no key of Tailscale's exists.
        env: {
          ...providerTokens("preview"),
          RUN_TOKEN: expression("github.token"),
          DRIFT_SLACK_WEBHOOK: expression("steps.alarms.outputs.team"),
          INCIDENT_SLACK_WEBHOOK: expression("steps.alarms.outputs.slack"),
          INCIDENT_PAGERDUTY_KEY: expression("steps.alarms.outputs.pagerduty"),
        },
        run: 'npm run drift -- --stack "$STACK" --engine pulumi --file\n',
      },
      {
        name: "Read how the stack is, for the digest",
        if: expression(`!cancelled() && ${tellsDigest}`),
        // A run that fails leaves no file: half a report would keep the digest from telling of the other stacks.
        run: 'npm run -s status -- --stack "$STACK" --engine pulumi --json > report.tmp\nmv report.tmp "$RUNNER_TEMP/$STACK.json"\n',
      },
      {
        name: "Hand it to the digest",
        if: expression(`!cancelled() && ${tellsDigest}`),
        uses: pinnedActions.uploadArtifact,
        with: {
          name: expression("format('status-{0}', matrix.stack)"),
          path: expression("format('{0}/{1}.json', runner.temp, matrix.stack)"),
          "if-no-files-found": "error",
          "retention-days": 1,
        },
      },
    ],
  };
}

/** Tells of every stack that could be read; one that drifts, or fails, keeps nobody from hearing of the others. */
function digestJob({ branch, driftEnvironment }: DeliveryPlan): Job {
  const reports = expression("format('{0}/status', runner.temp)");
  return {
    name: "Digest of the week",
    needs: ["drift"],
    if: expression(`!cancelled() && github.ref == 'refs/heads/${branch}' && ${tellsDigest}`),
    "runs-on": runner,
    "timeout-minutes": 15,
    permissions: { contents: "read", "id-token": "write", issues: "read" },
    environment: driftEnvironment,
    steps: [
      // Titles of what was merged are in the history.
      ...setUp({ "fetch-depth": 0 }),
      {
        name: "Fetch how the stacks are",
        uses: pinnedActions.downloadArtifact,
        with: { pattern: "status-*", "merge-multiple": true, path: reports },
      },
      ...readAlarms,
      {
        name: "Tell the team",
        env: {
          REPORTS: reports,
          RUN_TOKEN: expression("github.token"),
          DRIFT_SLACK_WEBHOOK: expression("steps.alarms.outputs.team"),
        },
        run: 'npm run status -- --digest "$REPORTS"\n',
      },
    ],
  };
}

/** Becomes the identity that reads where to page and nothing else; the next sign-in takes its place. */
const readAlarms: readonly Step[] = [
  signInToVault("Sign in as who may raise an alarm", deliveryVariables.alarmClientId),
  {
    name: "Read where to raise it",
    id: "alarms",
    env: {
      VAULT: variable(deliveryVariables.vault),
      TEAM_SECRET: alarmSecrets.team,
      SLACK_SECRET: alarmSecrets.slack,
      PAGERDUTY_SECRET: alarmSecrets.pagerDuty,
    },
    run: `${readAddress}read_address team "$TEAM_SECRET"
read_address slack "$SLACK_SECRET"
read_address pagerduty "$PAGERDUTY_SECRET"
`,
  },
];
