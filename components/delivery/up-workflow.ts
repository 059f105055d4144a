import { refusal } from "../../lib/refusal";
import { runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Workflow, type WorkflowCall } from "../github-actions/workflow";
import type { DeliveredStack, DeliveryPlan } from "./delivery-plan";
import { applyMinutes, oneAtATime, planAndApplyWorkflow } from "./plan-and-apply-workflow";
import { callFor, parametersFor, type StackWorkflow, stackInputs } from "./stack-workflow";
import { nameRunner, providerTokens, setUp, signIn, stackEnvironment } from "./steps";

/**
 * After a merge: a stack without reviewers is deployed at once; for the others a plan is made, reviewers approve it, and only that plan
 * is applied. Each stack is worked on by one run at a time, and no run is cancelled midway.
 */
export function upWorkflow(plan: DeliveryPlan): Workflow<Job | WorkflowCall> {
  return {
    name: "Up",
    on: {
      push: { branches: [plan.branch] },
      workflow_dispatch: {
        inputs: {
          stack: {
            description: "The stack to deploy again",
            type: "choice",
            required: true,
            options: plan.stacks.map(({ name }) => name),
          },
        },
      },
    },
    permissions: {},
    // Runs differ in what they affect: none replaces another. Their jobs queue by stack.
    concurrency: { group: `up-${expression("github.run_id")}`, "cancel-in-progress": false },
    jobs: {
      affected: affectedJob(plan),
      ...Object.fromEntries(plan.stacks.map((stack) => [jobOf(stack.name), upJob(stack, plan)])),
    },
  };
}

function affectedJob({ branch }: DeliveryPlan): Job {
  return {
    name: "Affected stacks",
    if: expression(`github.ref == 'refs/heads/${branch}'`),
    "runs-on": runner,
    "timeout-minutes": 10,
    permissions: { contents: "read" },
    outputs: { stacks: expression("steps.affected.outputs.stacks") },
    steps: [
      ...setUp({ "fetch-depth": 0 }),
      {
        name: "Find the affected stacks",
        id: "affected",
        env: { BASE: expression("github.event.before"), ASKED: expression("inputs.stack") },
        run: findAffected,
      },
    ],
  };
}

const findAffected = `if [ -n "$ASKED" ]; then
  stacks="[\\"$ASKED\\"]"
else
  stacks="$(npm run -s affected -- --json --base "$BASE")"
fi
echo "stacks=$stacks" >> "$GITHUB_OUTPUT"
`;

const jobOf = (stack: string): string => `up-${stack}`;

/** Affected, and nothing it reads from failed; those may well have had nothing to do. */
function upJob(stack: DeliveredStack, plan: DeliveryPlan): WorkflowCall {
  const { name, approval } = stack;
  const before = readStacks(stack, plan).map(jobOf);
  const affected = `needs.affected.result == 'success' && contains(fromJSON(needs.affected.outputs.stacks), '${name}')`;
  const ready = before.map((job) => ` && contains(fromJSON('["success","skipped"]'), needs.${job}.result)`).join("");
  return callFor(stack, approval === "merge" ? applyAtOnceWorkflow() : planAndApplyWorkflow(), {
    needs: ["affected", ...before],
    if: expression(`!cancelled() && ${affected}${ready}`),
  });
}

/** The stacks that it reads from, and those that they read from: one that was skipped says nothing of what it waited for. */
function readStacks({ after }: DeliveredStack, plan: DeliveryPlan): readonly string[] {
  const found = new Set<string>();
  for (const name of after) {
    const stack = plan.stacks.find((candidate) => candidate.name === name);
    if (stack === undefined) throw refusal(`Workflow "up"`, [`no job deploys ${name}, which another stack reads from`]);
    for (const other of [...readStacks(stack, plan), name]) found.add(other);
  }
  return [...found];
}

/** A stack whose changes a merge lets in. */
export function applyAtOnceWorkflow(): StackWorkflow {
  return {
    file: "apply-stack.yml",
    workflow: {
      name: "Apply a stack",
      on: { workflow_call: { inputs: stackInputs(parametersFor.deploy) } },
      permissions: {},
      jobs: { apply: applyAtOnce() },
    },
  };
}

function applyAtOnce(): Job {
  return {
    name: "Apply",
    if: expression("!cancelled()"),
    "runs-on": runner,
    "timeout-minutes": applyMinutes,
    permissions: { actions: "read", contents: "read", "id-token": "write", "pull-requests": "read" },
    environment: expression("inputs.stack"),
    concurrency: oneAtATime,
    env: stackEnvironment("inputs", "deploy"),
    steps: [
      ...setUp(),
      nameRunner,
      ...signIn("inputs", "deploy"),
      {
        name: "Apply, then ask what was deployed whether it works",
        env: { ...providerTokens("deploy"), RUN_TOKEN: expression("github.token") },
        run: 'npm run up -- --stack "$STACK" --engine pulumi --yes --break-stale-lock --smoke --overrides-of commit\n',
      },
    ],
  };
}
