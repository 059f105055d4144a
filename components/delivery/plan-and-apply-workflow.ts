import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { type Concurrency, expression, type Job } from "../github-actions/workflow";
import { parametersFor, type StackWorkflow, stackInputs } from "./stack-workflow";
import { nameRunner, providerTokens, setUp, signIn, stackEnvironment } from "./steps";

/** GitHub lets a run wait 30 days for an approval; the plan is kept as long. */
const planRetentionDays = 30;

/** Long enough for whatever Azure takes; a job that ends midway leaves a lock and half a deployment. */
export const applyMinutes = 180;

/** The file name of the workflow, which starts itself again. */
export const upWorkflowFile = "up.yml";

/** One run at a time works on a stack. None is cancelled midway. */
export const oneAtATime: Concurrency = {
  group: `stack-${expression("inputs.stack")}`,
  "cancel-in-progress": false,
};

/**
 * A stack whose changes reviewers let in: plan, apply what was approved, and plan again if it was refused.
 *
 * Its jobs say when they run. Without a condition GitHub skips a job when any before it was skipped, however far back
 * (github.com/actions/runner/issues/2205): a stack that waits for one that is not affected would never be planned.
 */
export function planAndApplyWorkflow(): StackWorkflow {
  return {
    file: "plan-and-apply-stack.yml",
    workflow: {
      name: "Plan and apply a stack",
      on: { workflow_call: { inputs: stackInputs(["preview-client-id", ...parametersFor.deploy]) } },
      permissions: {},
      jobs: { plan: planJob(), apply: applyApproved(), again: againJob() },
    },
  };
}

function planJob(): Job {
  // A job that is run again makes another plan; each keeps its own.
  const artifact = `plan-${expression("inputs.stack")}-${expression("github.run_attempt")}`;
  return {
    name: "Plan",
    if: expression("!cancelled()"),
    "runs-on": runner,
    "timeout-minutes": 30,
    permissions: { contents: "read", "id-token": "write", "pull-requests": "read" },
    outputs: Object.fromEntries(
      ["digest", "changes", "artifact"].map((name) => [name, expression(`steps.plan.outputs.${name}`)]),
    ),
    env: stackEnvironment("inputs", "preview"),
    steps: [
      ...setUp(),
      ...signIn("inputs", "preview"),
      {
        name: "Plan",
        id: "plan",
        env: { ...providerTokens("preview"), ARTIFACT: artifact, RUN_TOKEN: expression("github.token") },
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

function applyApproved(): Job {
  return {
    name: "Apply what was approved",
    needs: ["plan"],
    if: expression("!cancelled() && needs.plan.result == 'success' && needs.plan.outputs.changes == 'true'"),
    "runs-on": runner,
    "timeout-minutes": applyMinutes,
    permissions: { actions: "read", contents: "read", "id-token": "write" },
    environment: expression("inputs.stack"),
    concurrency: oneAtATime,
    outputs: { refused: expression("steps.apply.outputs.refused") },
    env: stackEnvironment("inputs", "deploy"),
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
        with: { name: expression(`needs.plan.outputs.artifact`), path: reportDirectory },
      },
      ...signIn("inputs", "deploy"),
      {
        name: "Preview again, compare, apply, then ask what was deployed whether it works",
        id: "apply",
        env: {
          ...providerTokens("deploy"),
          RUN_TOKEN: expression("github.token"),
          DIGEST: expression(`needs.plan.outputs.digest`),
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
function againJob(): Job {
  return {
    name: "Plan again",
    needs: ["apply"],
    if: expression("!cancelled() && needs.apply.outputs.refused == 'true'"),
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
          STACK: expression("inputs.stack"),
        },
        run: `gh workflow run ${upWorkflowFile} --ref "$BRANCH" --field stack="$STACK"\n`,
      },
    ],
  };
}
