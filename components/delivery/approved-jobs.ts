import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { type Concurrency, expression, type Job } from "../github-actions/workflow";
import type { DeliveredStack } from "./delivery-plan";
import { nameRunner, providerTokens, pulumiEnvironment, setUp, signIn } from "./steps";

/** GitHub lets a run wait 30 days for an approval; the plan is kept as long. */
const planRetentionDays = 30;

/** Long enough for whatever Azure takes; a job that ends midway leaves a lock and half a deployment. */
export const applyMinutes = 180;

/** The file name of the workflow, which starts itself again. */
export const upWorkflowFile = "up.yml";

/** One run at a time works on a stack. None is cancelled midway. */
export function oneAtATime({ name }: DeliveredStack): Concurrency {
  return { group: `stack-${name}`, "cancel-in-progress": false };
}

/**
 * The jobs of a stack whose changes reviewers let in: plan, apply what was approved, and plan again if it was refused.
 *
 * @param before jobs that come first
 * @param condition when the plan is made
 */
export function approvedJobs(
  stack: DeliveredStack,
  before: readonly string[],
  condition: string,
): Readonly<Record<string, Job>> {
  const { name } = stack;
  return {
    [`plan-${name}`]: planJob(stack, before, condition),
    [`apply-${name}`]: applyApproved(stack),
    [`again-${name}`]: againJob(stack),
  };
}

function planJob(stack: DeliveredStack, before: readonly string[], condition: string): Job {
  // A job that is run again makes another plan; each keeps its own.
  const artifact = `plan-${stack.name}-${expression("github.run_attempt")}`;
  return {
    name: `Plan ${stack.name}`,
    needs: ["affected", ...before],
    if: condition,
    "runs-on": runner,
    "timeout-minutes": 30,
    permissions: { contents: "read", "id-token": "write", "pull-requests": "read" },
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
        env: { ...providerTokens(stack, "preview"), ARTIFACT: artifact, RUN_TOKEN: expression("github.token") },
        run: makePlan,
      },
      {
        name: "Keep the plan until it is approved",
        uses: pinnedActions.uploadArtifact,
        with: {
          name: artifact,
          path: reportDirectory,
          // Its name begins with a dot.
          "include-hidden-files": true,
          "if-no-files-found": "error",
          "retention-days": planRetentionDays,
        },
      },
    ],
  };
}

/** Git ignores it: a file that is not would be a change of the program, and no plan would be the approved one any more. */
const reportDirectory = ".report";
const planFile = `${reportDirectory}/plan.json`;

/**
 * Who approves sees the digest in the summary of the run, above what can hurt, the violations, what the plan would do, and which guards a
 * label of the pull request sets aside, with the reason. The plan holds the overrides, so they are approved with it. What the summary has no
 * room for, it says; `full.md` in the artifact has it.
 */
const makePlan = `mkdir -p ${reportDirectory}
npm run report -- --stack "$STACK" --engine pulumi --save-plan ${planFile} --overrides-of commit
digest="$(node -p 'JSON.parse(fs.readFileSync("${planFile}", "utf8")).digest')"
changes="$(node -p 'JSON.parse(fs.readFileSync("${planFile}", "utf8")).changes.length > 0')"
{ echo "digest=$digest"; echo "changes=$changes"; echo "artifact=$ARTIFACT"; } >> "$GITHUB_OUTPUT"
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
        with: { name: expression(`needs.${plan}.outputs.artifact`), path: reportDirectory },
      },
      ...signIn(stack, "deploy"),
      {
        name: "Preview again, compare, apply, then ask what was deployed whether it works",
        id: "apply",
        env: {
          ...providerTokens(stack, "deploy"),
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
  --approved-plan ${planFile} --approved-digest "$DIGEST" || code=$?
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
