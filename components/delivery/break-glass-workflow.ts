import { runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Workflow, type WorkflowCall } from "../github-actions/workflow";
import { type DeliveryPlan, deliveryVariables, pagerSecrets } from "./delivery-plan";
import { applyMinutes } from "./plan-and-apply-workflow";
import { callFor, parametersFor, type StackWorkflow, stackInputs } from "./stack-workflow";
import { nameRunner, providerTokens, setUp, signIn, stackEnvironment, variable } from "./steps";

/** The latest that the review of a break-glass is looked for again: every day, at an odd minute. */
const daily = "43 6 * * *";

/**
 * One person applies a stack without the review, when waiting would do more harm: an incident is opened and people are paged before
 * anything is applied. One of the reviewers of the break-glass environment lets the run in, and it may be the one who asked.
 */
export function breakGlassWorkflow(plan: DeliveryPlan): Workflow<WorkflowCall> {
  const called = breakGlassStackWorkflow(plan);
  const stacks = plan.stacks.filter(({ approval }) => approval === "reviewers");
  return {
    name: "Break glass",
    on: {
      workflow_dispatch: {
        inputs: {
          stack: { description: "The stack", type: "choice", required: true, options: stacks.map(({ name }) => name) },
          reason: {
            description: "Why this cannot wait for a review; it is paged and kept",
            type: "string",
            required: true,
          },
        },
      },
    },
    permissions: {},
    // A group of its own: in the stack's it would queue behind an apply that waits for its approval, and the next merge would take
    // its place. The lock of the state keeps two runs apart, and the one that comes second says who holds it.
    concurrency: { group: `break-glass-${expression("github.run_id")}`, "cancel-in-progress": false },
    jobs: Object.fromEntries(
      stacks.map((stack) => {
        const asked = expression(`github.ref == 'refs/heads/${plan.branch}' && inputs.stack == '${stack.name}'`);
        return [
          `break-glass-${stack.name}`,
          callFor(stack, called, { if: asked }, { reason: expression("inputs.reason") }),
        ];
      }),
    ),
  };
}

/** The break-glass of one stack. */
export function breakGlassStackWorkflow({ breakGlassEnvironment }: DeliveryPlan): StackWorkflow {
  const reason = { description: "Why this cannot wait for a review", type: "string", required: true } as const;
  return {
    file: "break-glass-stack.yml",
    workflow: {
      name: "Break glass for a stack",
      on: { workflow_call: { inputs: { ...stackInputs(parametersFor.deploy), reason } } },
      permissions: {},
      jobs: { apply: applyJob(breakGlassEnvironment) },
    },
  };
}

function applyJob(environment: string): Job {
  return {
    name: "Apply without a review",
    "runs-on": runner,
    // Never shorter than an apply may take: one that ends midway makes an incident worse.
    "timeout-minutes": applyMinutes,
    permissions: { actions: "read", contents: "read", "id-token": "write", issues: "write" },
    environment,
    env: stackEnvironment("inputs", "deploy"),
    steps: [
      ...setUp(),
      nameRunner,
      ...signIn("inputs", "deploy"),
      {
        name: "Read where to page",
        env: {
          VAULT: variable(deliveryVariables.vault),
          SLACK_SECRET: pagerSecrets.slack,
          PAGERDUTY_SECRET: pagerSecrets.pagerDuty,
        },
        id: "pagers",
        run: readPagers,
      },
      {
        name: "Open an incident, page, apply",
        env: {
          ...providerTokens("deploy"),
          REASON: expression("inputs.reason"),
          RUN_TOKEN: expression("github.token"),
          INCIDENT_SLACK_WEBHOOK: expression("steps.pagers.outputs.slack"),
          INCIDENT_PAGERDUTY_KEY: expression("steps.pagers.outputs.pagerduty"),
        },
        run: 'npm run up -- --stack "$STACK" --engine pulumi --yes --break-stale-lock --smoke --break-glass "$REASON"\n',
      },
    ],
  };
}

const readPagers = `secret() { az keyvault secret show --vault-name "$VAULT" --name "$1" --query value --output tsv; }
slack="$(secret "$SLACK_SECRET")"
pagerduty="$(secret "$PAGERDUTY_SECRET")"
echo "::add-mask::$slack"
echo "::add-mask::$pagerduty"
{ echo "slack=$slack"; echo "pagerduty=$pagerduty"; } >> "$GITHUB_OUTPUT"
`;

/**
 * The review that was left out is made up for: an incident is closed when a pull request that is linked to it was approved by somebody
 * else and merged; one that is closed without it is opened again.
 */
export function breakGlassReviewWorkflow(): Workflow {
  return {
    name: "Break-glass review",
    on: { issues: { types: ["closed"] }, schedule: [{ cron: daily }], workflow_dispatch: {} },
    permissions: {},
    concurrency: { group: "break-glass-review", "cancel-in-progress": false },
    jobs: {
      review: {
        name: "Review of incidents",
        "runs-on": runner,
        "timeout-minutes": 10,
        permissions: { contents: "read", issues: "write", "pull-requests": "read" },
        steps: [
          ...setUp(),
          {
            name: "Close what was reviewed, open again what was not",
            env: { RUN_TOKEN: expression("github.token") },
            run: "npm run break-glass-review\n",
          },
        ],
      },
    },
  };
}
