import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { type Concurrency, expression, type Job, type Workflow } from "../github-actions/workflow";
import type { DeliveredStack, DeliveryPlan } from "./delivery-plan";
import { nameRunner, providerTokens, pulumiEnvironment, setUp, signIn } from "./steps";

/** GitHub lets a run wait 30 days for an approval; the plan is kept as long. */
const planRetentionDays = 30;

/** Long enough for whatever Azure takes; a job that ends midway leaves a lock and half a deployment. */
const applyMinutes = 180;

/** The file name of {@link upWorkflow}, which starts itself again. */
export const upWorkflowFile = "up.yml";

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
  if (stack.approval === "merge") return [[`apply-${name}`, applyAtOnce(stack, before)]];
  return [
    [`plan-${name}`, planJob(stack, before)],
    [`apply-${name}`, applyApproved(stack)],
    [`again-${name}`, againJob(stack)],
  ];
}

/** The jobs that must not have failed before a stack that reads from this one. */
function jobsOf({ stacks }: DeliveryPlan, name: string): readonly string[] {
  const stack = stacks.find((candidate) => candidate.name === name);
  if (stack === undefined) throw new Error(`no workflow deploys ${name}, which another stack reads from`);
  return stack.approval === "merge" ? [`apply-${name}`] : [`plan-${name}`, `apply-${name}`];
}

/** Affected, and nothing it reads from failed; those may well have had nothing to do. */
function mayRun({ name }: DeliveredStack, before: readonly string[]): string {
  const affected = `needs.affected.result == 'success' && contains(fromJSON(needs.affected.outputs.stacks), '${name}')`;
  const ready = before.map((job) => ` && contains(fromJSON('["success","skipped"]'), needs.${job}.result)`).join("");
  return expression(`!cancelled() && ${affected}${ready}`);
}

function oneAtATime({ name }: DeliveredStack): Concurrency {
  return { group: `stack-${name}`, "cancel-in-progress": false };
}

function applyAtOnce(stack: DeliveredStack, before: readonly string[]): Job {
  return {
    name: `Up ${stack.name}`,
    needs: ["affected", ...before],
    if: mayRun(stack, before),
    "runs-on": runner,
    "timeout-minutes": applyMinutes,
    permissions: { actions: "read", contents: "read", "id-token": "write" },
    environment: stack.name,
    concurrency: oneAtATime(stack),
    env: pulumiEnvironment(stack, "deploy"),
    steps: [
      ...setUp(),
      nameRunner,
      ...signIn(stack, "deploy"),
      {
        name: "Apply, then ask what was deployed whether it works",
        env: { ...providerTokens, RUN_TOKEN: expression("github.token") },
        run: 'npm run up -- --stack "$STACK" --engine pulumi --yes --break-stale-lock --smoke\n',
      },
    ],
  };
}

function planJob(stack: DeliveredStack, before: readonly string[]): Job {
  // A job that is run again makes another plan; each keeps its own.
  const artifact = `plan-${stack.name}-${expression("github.run_attempt")}`;
  return {
    name: `Plan ${stack.name}`,
    needs: ["affected", ...before],
    if: mayRun(stack, before),
    "runs-on": runner,
    "timeout-minutes": 30,
    permissions: { contents: "read", "id-token": "write" },
    outputs: Object.fromEntries(
      ["digest", "changes", "artifact"].map((name) => [name, expression(`steps.plan.outputs.${name}`)]),
    ),
    env: pulumiEnvironment(stack, "preview"),
    steps: [
      ...setUp(),
      ...signIn(stack, "preview"),
      {
        name: "Plan",
        id: "plan",
        env: { ...providerTokens, ARTIFACT: artifact },
        run: makePlan,
      },
      {
        name: "Keep the plan until it is approved",
        uses: pinnedActions.uploadArtifact,
        with: {
          name: artifact,
          path: "plan.json",
          "if-no-files-found": "error",
          "retention-days": planRetentionDays,
        },
      },
    ],
  };
}

/** Who approves sees the digest in the summary of the run, beside what the plan would do. */
const makePlan = `set -o pipefail
npm run preview -- --stack "$STACK" --engine pulumi --diff --save-plan plan.json | tee plan.txt
digest="$(node -p 'JSON.parse(fs.readFileSync("plan.json", "utf8")).digest')"
changes="$(node -p 'JSON.parse(fs.readFileSync("plan.json", "utf8")).changes.length > 0')"
{ echo "digest=$digest"; echo "changes=$changes"; echo "artifact=$ARTIFACT"; } >> "$GITHUB_OUTPUT"
{
  echo "## Plan of $STACK"
  echo "Approving applies exactly this plan: $digest"
  echo
  head -c 500000 plan.txt | sed 's/^/    /'
} >> "$GITHUB_STEP_SUMMARY"
`;

function applyApproved(stack: DeliveredStack): Job {
  const plan = `plan-${stack.name}`;
  return {
    name: `Up ${stack.name}`,
    needs: [plan],
    if: expression(`!cancelled() && needs.${plan}.result == 'success' && needs.${plan}.outputs.changes == 'true'`),
    "runs-on": runner,
    "timeout-minutes": applyMinutes,
    permissions: { actions: "read", contents: "read", "id-token": "write" },
    environment: stack.name,
    concurrency: oneAtATime(stack),
    outputs: { refused: expression("steps.apply.outputs.refused") },
    env: pulumiEnvironment(stack, "deploy"),
    steps: [
      ...setUp(),
      {
        name: "Somebody approved this run, and nobody could have skipped it",
        env: { RUN_TOKEN: expression("github.token") },
        run: 'npm run -s approval -- --stack "$STACK" --engine pulumi\n',
      },
      nameRunner,
      {
        name: "Fetch the approved plan",
        uses: pinnedActions.downloadArtifact,
        with: { name: expression(`needs.${plan}.outputs.artifact`) },
      },
      ...signIn(stack, "deploy"),
      {
        name: "Preview again, compare, apply, then ask what was deployed whether it works",
        id: "apply",
        env: {
          ...providerTokens,
          RUN_TOKEN: expression("github.token"),
          DIGEST: expression(`needs.${plan}.outputs.digest`),
        },
        run: applyPlan,
      },
    ],
  };
}

/** Exit code 7: the plan is not the approved one any more. */
const applyPlan = `code=0
npm run up -- --stack "$STACK" --engine pulumi --yes --break-stale-lock --smoke \\
  --approved-plan plan.json --approved-digest "$DIGEST" || code=$?
if [ "$code" = 7 ]; then echo "refused=true" >> "$GITHUB_OUTPUT"; fi
exit "$code"
`;

/** A refused plan is made again by a new run, which asks for approval again. It has no identity in any cloud. */
function againJob(stack: DeliveredStack): Job {
  const apply = `apply-${stack.name}`;
  return {
    name: `Plan ${stack.name} again`,
    needs: [apply],
    if: expression(`!cancelled() && needs.${apply}.outputs.refused == 'true'`),
    "runs-on": runner,
    "timeout-minutes": 5,
    permissions: { actions: "write" },
    steps: [
      {
        name: "Start over",
        env: {
          GH_TOKEN: expression("github.token"),
          GH_REPO: expression("github.repository"),
          BRANCH: expression("github.ref_name"),
        },
        run: `gh workflow run ${upWorkflowFile} --ref "$BRANCH" --field stack=${stack.name}\n`,
      },
    ],
  };
}
