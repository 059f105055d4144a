import { refusal } from "../../lib/refusal";
import { runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Workflow } from "../github-actions/workflow";
import { applyMinutes, approvedJobs, oneAtATime } from "./approved-jobs";
import type { DeliveredStack, DeliveryPlan } from "./delivery-plan";
import { nameRunner, providerTokens, pulumiEnvironment, setUp, signIn } from "./steps";

/**
 * After a merge: a stack without reviewers is deployed at once; for the others a plan is made, reviewers approve it, and only that plan
 * is applied. Each stack is worked on by one run at a time, and no run is cancelled midway.
 */
export function upWorkflow(plan: DeliveryPlan): Workflow {
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
      ...Object.fromEntries(plan.stacks.flatMap((stack) => stackJobs(stack, plan))),
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

function stackJobs(stack: DeliveredStack, plan: DeliveryPlan): readonly (readonly [string, Job])[] {
  const before = stack.after.flatMap((name) => jobsOf(plan, name));
  const { name } = stack;
  const condition = mayRun(stack, before);
  if (stack.approval === "reviewers") return Object.entries(approvedJobs(stack, before, condition));
  return [[`apply-${name}`, applyAtOnce(stack, before, condition)]];
}

/** The jobs that must not have failed before a stack that reads from this one. */
function jobsOf({ stacks }: DeliveryPlan, name: string): readonly string[] {
  const stack = stacks.find((candidate) => candidate.name === name);
  if (stack === undefined) throw refusal(`Workflow "up"`, [`no job deploys ${name}, which another stack reads from`]);
  return stack.approval === "merge" ? [`apply-${name}`] : [`plan-${name}`, `apply-${name}`];
}

/** Affected, and nothing it reads from failed; those may well have had nothing to do. */
function mayRun({ name }: DeliveredStack, before: readonly string[]): string {
  const affected = `needs.affected.result == 'success' && contains(fromJSON(needs.affected.outputs.stacks), '${name}')`;
  const ready = before.map((job) => ` && contains(fromJSON('["success","skipped"]'), needs.${job}.result)`).join("");
  return expression(`!cancelled() && ${affected}${ready}`);
}

function applyAtOnce(stack: DeliveredStack, before: readonly string[], condition: string): Job {
  return {
    name: `Up ${stack.name}`,
    needs: ["affected", ...before],
    if: condition,
    "runs-on": runner,
    "timeout-minutes": applyMinutes,
    permissions: { actions: "read", contents: "read", "id-token": "write", "pull-requests": "read" },
    environment: stack.name,
    concurrency: oneAtATime(stack),
    env: pulumiEnvironment(stack, "deploy"),
    steps: [
      ...setUp(),
      nameRunner,
      ...signIn(stack, "deploy"),
      {
        name: "Apply, then ask what was deployed whether it works",
        env: { ...providerTokens(stack, "deploy"), RUN_TOKEN: expression("github.token") },
        run: 'npm run up -- --stack "$STACK" --engine pulumi --yes --break-stale-lock --smoke --overrides-of commit\n',
      },
    ],
  };
}
