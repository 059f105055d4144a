import { runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Step, type Workflow, type WorkflowCall } from "../github-actions/workflow";
import { clientIdVariable, type DeliveryPlan, previewEnvironment, subscriptionVariable } from "./delivery-plan";
import { applyMinutes } from "./plan-and-apply-workflow";
import { ownBranch } from "./preview-workflow";
import type { StackWorkflow } from "./stack-workflow";
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
const labelled = (label: string) => `contains(${event}.pull_request.labels.*.name, '${label}')`;
const thisLabel = (label: string) => `${event}.action == 'labeled' && ${event}.label.name == '${label}'`;
const lost = (label: string) => `${event}.action == 'unlabeled' && ${event}.label.name == '${label}'`;
const pushed = `contains(fromJSON('["synchronize", "reopened"]'), ${event}.action)`;
const open = `${ownBranch} && ${event}.pull_request.state == 'open'`;
/** Whether a label is why something is deployed now: it was given, or what carries it was pushed to. */
const asks = (label: string) => `${labelled(label)} && (${pushed} || (${thisLabel(label)}))`;

type PreviewedSystem = DeliveryPlan["previews"][number];

/**
 * A stack of its own, in each system that it is asked for, for a pull request that carries a label: deployed when it gets that and at
 * every push, destroyed when it loses it or is closed. One label asks for the systems that the pull request affects; each system has one
 * that asks for it whatever is affected.
 *
 * It deploys what nobody has reviewed, as an identity that can change the previews' own subscription and nothing else. It joins no
 * tailnet and reads no token. A fork's pull request gets no identity at all.
 */
export function previewEnvironmentWorkflow({
  branch,
  previewLabel,
  previews,
}: DeliveryPlan): Workflow<Job | WorkflowCall> {
  return {
    name: "Preview environment",
    on: {
      pull_request: { branches: [branch], types: ["labeled", "unlabeled", "synchronize", "reopened", "closed"] },
    },
    permissions: {},
    // Events differ in what they mean: another label must not replace a push that waits. Their jobs queue by stack.
    concurrency: { group: `preview-environment-${expression("github.run_id")}`, "cancel-in-progress": false },
    jobs: {
      affected: affectedSystems(previewLabel),
      ...Object.fromEntries(previews.map((preview) => [`up-${preview.system}`, upCall(preview)])),
      ...Object.fromEntries(
        previews.map((preview) => [`destroy-${preview.system}`, destroyCall(preview, previewLabel)]),
      ),
    },
  };
}

function affectedSystems(previewLabel: string): Job {
  return {
    name: "Affected systems",
    if: expression(`${open} && ${asks(previewLabel)}`),
    "runs-on": runner,
    "timeout-minutes": 10,
    permissions: { contents: "read" },
    outputs: { systems: expression("steps.affected.outputs.systems") },
    steps: [
      ...setUp({ "fetch-depth": 0 }),
      {
        name: "Find the affected systems",
        id: "affected",
        env: { BASE: expression(`${event}.pull_request.base.sha`) },
        run: 'systems="$(npm run -s affected -- --json --systems --base "$BASE")"\necho "systems=$systems" >> "$GITHUB_OUTPUT"\n',
      },
    ],
  };
}

function upCall({ system, prefix, label }: PreviewedSystem): WorkflowCall {
  const affected = `needs.affected.result == 'success' && contains(fromJSON(needs.affected.outputs.systems), '${system}')`;
  return {
    ...callForPreview(prefix, "up"),
    needs: ["affected"],
    // The job before it runs when the label asks for what is affected, and is skipped otherwise.
    if: expression(`!cancelled() && ${open} && ((${asks(label)}) || (${affected}))`),
  };
}

/** Another label that is left keeps it. What is no longer affected has a last day. */
function destroyCall({ prefix, label }: PreviewedSystem, previewLabel: string): WorkflowCall {
  const closed = `${event}.action == 'closed' && (${labelled(label)} || ${labelled(previewLabel)})`;
  const unlabelled = [
    [label, previewLabel],
    [previewLabel, label],
  ].map(([gone = "", left = ""]) => `(${lost(gone)} && !${labelled(left)})`);
  return {
    ...callForPreview(prefix, "destroy"),
    if: expression(`${ownBranch} && ((${closed}) || ${unlabelled.join(" || ")})`),
  };
}

function callForPreview(prefix: string, what: "up" | "destroy"): WorkflowCall {
  return {
    permissions: previewPermissions,
    uses: `$/.github/workflows/${previewEnvironmentStackFile}`,
    with: { stack: `${prefix}${expression(`${event}.pull_request.number`)}`, what },
  };
}

const previewEnvironmentStackFile = "preview-environment-stack.yml";

/** The preview environment of one system, deployed or destroyed. */
export function previewEnvironmentStackWorkflow({ branch }: DeliveryPlan): StackWorkflow {
  const stack = expression("inputs.stack");
  const env = { ...previewCredentials, STACK: stack };
  // None is cancelled midway. Of those that wait only the last one is kept, which is what the pull request wants by now.
  const concurrency = { group: `stack-${stack}`, "cancel-in-progress": false };
  return {
    file: previewEnvironmentStackFile,
    workflow: {
      name: "Preview environment of a system",
      on: {
        workflow_call: {
          inputs: {
            stack: { description: "The stack", type: "string", required: true },
            what: { description: "What becomes of it: up or destroy", type: "string", required: true },
          },
        },
      },
      permissions: {},
      jobs: {
        up: {
          ...jobBase("Up", env),
          concurrency,
          if: expression("inputs.what == 'up'"),
          steps: [...setUp(), nameRunner, ...signInToPreviews, { name: "Deploy it", env: runToken, run: deploy }],
        },
        destroy: {
          ...jobBase("Destroy", env),
          concurrency,
          if: expression("inputs.what == 'destroy'"),
          // The branch's own program: what the pull request left may not even start.
          steps: [
            ...setUp({ ref: branch }),
            nameRunner,
            ...signInToPreviews,
            { name: "Destroy it", env: runToken, run: destroy },
          ],
        },
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
    permissions: previewPermissions,
    environment: previewEnvironment,
    env,
  };
}

const previewPermissions = { actions: "read", contents: "read", "id-token": "write" } as const;
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
