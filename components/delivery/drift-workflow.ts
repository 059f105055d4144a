import { runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Workflow } from "../github-actions/workflow";
import type { DeliveredStack, DeliveryPlan } from "./delivery-plan";
import { providerTokens, pulumiEnvironment, setUp, signIn } from "./steps";

/** Daily, at an odd minute: GitHub delays most what is due at full hours. */
const daily = "17 4 * * *";

/** Compares the clouds with the state and the state with the program, every day and on demand, as an identity that can only read. */
export function driftWorkflow(plan: DeliveryPlan): Workflow {
  return {
    name: "Drift",
    on: { schedule: [{ cron: daily }], workflow_dispatch: {} },
    permissions: {},
    concurrency: { group: "drift", "cancel-in-progress": false },
    jobs: Object.fromEntries(plan.stacks.map((stack) => [`drift-${stack.name}`, driftJob(stack, plan)])),
  };
}

function driftJob(stack: DeliveredStack, { branch }: DeliveryPlan): Job {
  return {
    name: `Drift of ${stack.name}`,
    if: expression(`github.ref == 'refs/heads/${branch}'`),
    "runs-on": runner,
    "timeout-minutes": 45,
    permissions: { contents: "read", "id-token": "write", issues: "write" },
    env: pulumiEnvironment(stack, "preview"),
    steps: [
      ...setUp(),
      ...signIn(stack, "preview"),
      {
        name: "Look for drift, and file it",
        env: { ...providerTokens, RUN_TOKEN: expression("github.token") },
        run: 'npm run drift -- --stack "$STACK" --engine pulumi --file\n',
      },
    ],
  };
}
