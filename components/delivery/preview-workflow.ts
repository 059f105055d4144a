import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Workflow, type WorkflowCall } from "../github-actions/workflow";
import { type DeliveryPlan, requiredChecks } from "./delivery-plan";
import { callFor, parametersFor, type StackWorkflow, stackInputs } from "./stack-workflow";
import { providerTokens, setUp, signIn, stackEnvironment } from "./steps";

/** Whether the pull request comes from the repository itself. A fork's gets no identity and no secret. */
export const ownBranch = "github.event.pull_request.head.repo.full_name == github.repository";

const previewedEvents = ["opened", "synchronize", "reopened", "edited", "labeled", "unlabeled"] as const;

/**
 * What a pull request would change: each affected stack is previewed with policies and guards, as an identity that can only read. The
 * required check says whether all of them may be merged.
 */
export function previewWorkflow(plan: DeliveryPlan): Workflow<Job | WorkflowCall> {
  const previews = plan.stacks.map((stack) => {
    const condition = `${ownBranch} && contains(fromJSON(needs.affected.outputs.stacks), '${stack.name}')`;
    const job = { needs: ["affected"], if: expression(condition) };
    return [`preview-${stack.name}`, callFor(stack, previewStackWorkflow, job)] as const;
  });
  return {
    name: "Preview",
    // The title is checked too, and labels set guards aside for the reasons in the description: changing them runs the checks again.
    on: { pull_request: { branches: [plan.branch], types: previewedEvents } },
    permissions: {},
    // A newer commit makes an older preview worthless, and previews change nothing.
    concurrency: { group: `preview-${expression("github.event.pull_request.number")}`, "cancel-in-progress": true },
    jobs: {
      affected: affectedJob,
      ...Object.fromEntries(previews),
      result: resultJob(previews.map(([name]) => name)),
    },
  };
}

const affectedJob: Job = {
  name: "Affected stacks",
  "runs-on": runner,
  "timeout-minutes": 10,
  permissions: { contents: "read" },
  outputs: { stacks: expression("steps.affected.outputs.stacks") },
  steps: [
    ...setUp({ "fetch-depth": 0 }),
    {
      name: "Find the affected stacks, and compare them with the title",
      id: "affected",
      env: {
        BASE: expression("github.event.pull_request.base.sha"),
        TITLE: expression("github.event.pull_request.title"),
      },
      run: 'stacks="$(npm run -s affected -- --json --base "$BASE" --title "$TITLE")"\necho "stacks=$stacks" >> "$GITHUB_OUTPUT"\n',
    },
  ],
};

/** The preview of one stack. */
export const previewStackWorkflow: StackWorkflow = {
  file: "preview-stack.yml",
  workflow: {
    name: "Preview of a stack",
    on: { workflow_call: { inputs: stackInputs(parametersFor.preview) } },
    permissions: {},
    jobs: { preview: previewJob() },
  },
};

function previewJob(): Job {
  const stack = expression("inputs.stack");
  return {
    name: "Preview",
    "runs-on": runner,
    "timeout-minutes": 30,
    permissions: {
      contents: "read",
      "id-token": "write",
      "pull-requests": "write",
      "security-events": "write",
    },
    env: stackEnvironment("inputs", "preview"),
    steps: [
      ...setUp(),
      ...signIn("inputs", "preview"),
      {
        name: "Preview with policies and guards, and write it into the comment",
        env: {
          ...providerTokens("preview"),
          PULL_REQUEST: expression("github.event.pull_request.number"),
          COMMIT: expression("github.event.pull_request.head.sha"),
          RUN_TOKEN: expression("github.token"),
        },
        run: `npm run report -- --stack "$STACK" --engine pulumi --pull-request "$PULL_REQUEST" --commit "$COMMIT" \\
  --overrides-of "$PULL_REQUEST"
`,
      },
      {
        name: "Show violations beside the lines that made them",
        if: expression("always() && hashFiles(format('.report/{0}/report.sarif', inputs.stack)) != ''"),
        uses: pinnedActions.uploadSarif,
        with: { sarif_file: `.report/${stack}/report.sarif`, category: `iac-${stack}` },
      },
    ],
  };
}

/**
 * One check for all, decided by the base branch's code: what the pull request's own says is affected decides what is previewed, not
 * what has to be. A skipped preview is right for a stack that is not affected, and wrong for a fork that affects one.
 */
function resultJob(previews: readonly string[]): Job {
  const base = expression("github.event.pull_request.base.sha");
  return {
    name: requiredChecks.preview,
    needs: ["affected", ...previews],
    if: expression("always()"),
    "runs-on": runner,
    "timeout-minutes": 10,
    permissions: { contents: "read" },
    steps: [
      ...setUp({ ref: base }),
      {
        name: "Check out what is proposed, to read it",
        uses: pinnedActions.checkout,
        with: { "persist-credentials": false, "fetch-depth": 0, path: "proposed" },
      },
      {
        name: "All affected stacks were previewed and may be changed",
        env: {
          BASE: base,
          TITLE: expression("github.event.pull_request.title"),
          JOBS: expression("toJSON(needs)"),
          OWN_BRANCH: expression(ownBranch),
        },
        run: decide,
      },
    ],
  };
}

const decide = `stacks="$(npm run -s affected -- --json --of proposed --base "$BASE" --title "$TITLE")"
if [ "$stacks" = "" ]; then echo "::error::nobody said which stacks are affected"; exit 1; fi
for job in $(jq -r 'to_entries[] | select(.value.result != "success" and .value.result != "skipped") | .key' <<< "$JOBS"); do
  echo "::error::$job did not succeed"; exit 1
done
if [ "$stacks" != "[]" ] && [ "$OWN_BRANCH" != "true" ]; then
  echo "::error::a fork gets no credentials, so this cannot be previewed: push the branch to this repository"; exit 1
fi
for stack in $(jq -r '.[]' <<< "$stacks"); do
  result="$(jq -r --arg job "preview-$stack" '.[$job].result // "missing"' <<< "$JOBS")"
  if [ "$result" != "success" ]; then
    echo "::error::this changes $stack by the base branch's rules, and its preview is $result"; exit 1
  fi
done
`;
