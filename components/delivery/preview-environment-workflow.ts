import { runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Step, type Workflow } from "../github-actions/workflow";
import { clientIdVariable, type DeliveryPlan, previewEnvironment, subscriptionVariable } from "./delivery-plan";
import { applyMinutes } from "./plan-and-apply-workflow";
import { ownBranch } from "./preview-workflow";
import {
  installPulumi,
  nameRunner,
  pulumiEnvironment,
  type StackAccess,
  setUp,
  signInToAzure,
  variable,
} from "./steps";

/** Every night, at an odd minute: GitHub delays most what is due at full hours. */
const nightly = "37 2 * * *";

const event = "github.event";

/**
 * A stack of its own for a pull request that carries the label: deployed when it gets it and at every push, destroyed when it loses it
 * or is closed.
 *
 * It deploys what nobody has reviewed, as an identity that can change the previews' own subscription and nothing else. It joins no
 * tailnet and reads no token. A fork's pull request gets no identity at all.
 */
export function previewEnvironmentWorkflow({ branch, previewLabel }: DeliveryPlan): Workflow {
  const labelled = `contains(${event}.pull_request.labels.*.name, '${previewLabel}')`;
  const thisLabel = `${event}.label.name == '${previewLabel}'`;
  const number = expression(`${event}.pull_request.number`);
  const env = { ...previewCredentials, STACK: `pr-${number}` };
  const up = `contains(fromJSON('["synchronize", "reopened"]'), ${event}.action) || (${event}.action == 'labeled' && ${thisLabel})`;
  const down = `(${event}.action == 'closed' && ${labelled}) || (${event}.action == 'unlabeled' && ${thisLabel})`;
  // None is cancelled midway. Of those that wait only the last one is kept, which is what the pull request wants by now.
  const concurrency = { group: `stack-pr-${number}`, "cancel-in-progress": false };
  return {
    name: "Preview environment",
    on: {
      pull_request: { branches: [branch], types: ["labeled", "unlabeled", "synchronize", "reopened", "closed"] },
    },
    permissions: {},
    // Events differ in what they mean: another label must not replace a push that waits. Their jobs queue by stack.
    concurrency: { group: `preview-environment-${expression("github.run_id")}`, "cancel-in-progress": false },
    jobs: {
      up: {
        ...jobBase("Up", env),
        concurrency,
        if: expression(`${ownBranch} && ${event}.pull_request.state == 'open' && ${labelled} && (${up})`),
        steps: [...setUp(), nameRunner, ...signInToPreviews, { name: "Deploy it", env: runToken, run: deploy }],
      },
      destroy: {
        ...jobBase("Destroy", env),
        concurrency,
        if: expression(`${ownBranch} && (${down})`),
        // The branch's own program: what the pull request left may not even start.
        steps: [
          ...setUp({ ref: branch }),
          nameRunner,
          ...signInToPreviews,
          { name: "Destroy it", env: runToken, run: destroy },
        ],
      },
    },
  };
}

/** Destroys what should be gone and is not: a day has passed, or a run of the other workflow failed. */
export function previewReaperWorkflow({ branch }: DeliveryPlan): Workflow {
  const job: Job = {
    ...jobBase("Reap preview environments", previewCredentials),
    if: expression(`github.ref == 'refs/heads/${branch}'`),
    steps: [
      ...setUp(),
      nameRunner,
      ...signInToPreviews,
      {
        name: "Destroy what is past its day or without its pull request",
        env: runToken,
        run: "npm run reap -- --engine pulumi --yes --break-stale-lock\n",
      },
    ],
  };
  return {
    name: "Preview reaper",
    on: { schedule: [{ cron: nightly }], workflow_dispatch: {} },
    permissions: {},
    concurrency: { group: "preview-reaper", "cancel-in-progress": false },
    jobs: { reap: { ...job, permissions: { ...job.permissions, "pull-requests": "read" } } },
  };
}

function jobBase(name: string, env: Readonly<Record<string, string>>): Omit<Job, "steps"> {
  return {
    name,
    "runs-on": runner,
    "timeout-minutes": applyMinutes,
    permissions: { actions: "read", contents: "read", "id-token": "write" },
    environment: previewEnvironment,
    env,
  };
}

const runToken = { RUN_TOKEN: expression("github.token") };

/** All previews' states are in one container, encrypted with one key, and one identity deploys them. */
const previewAccess: StackAccess = {
  container: previewEnvironment,
  clientId: variable(clientIdVariable("deploy", previewEnvironment)),
  subscription: variable(subscriptionVariable(previewEnvironment)),
};
const previewCredentials = pulumiEnvironment(previewAccess);
const signInToPreviews: readonly Step[] = [signInToAzure(previewAccess), installPulumi];

const deploy = `npm run up -- --stack "$STACK" --engine pulumi --yes --break-stale-lock
{
  echo "## $STACK"
  npm run -s outputs -- --stack "$STACK" --engine pulumi | sed 's/^/    /'
} >> "$GITHUB_STEP_SUMMARY"
`;

/** Exit code 6: there is no such stack, because nothing was ever deployed. */
const destroy = `code=0
npm run destroy -- --stack "$STACK" --engine pulumi --yes --break-stale-lock || code=$?
if [ "$code" = 6 ]; then echo "there was nothing to destroy"; code=0; fi
exit "$code"
`;
