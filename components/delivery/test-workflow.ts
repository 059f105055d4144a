import { runner } from "../github-actions/pinned-actions";
import { expression, type Workflow } from "../github-actions/workflow";
import { type DeliveryPlan, requiredChecks } from "./delivery-plan";
import { setUp } from "./steps";

/** Type check, lint and all tests, on emulated clouds: it needs no identity and runs for forks too. */
export function testWorkflow({ branch }: DeliveryPlan): Workflow {
  return {
    name: "Test",
    on: { pull_request: { branches: [branch] }, push: { branches: [branch] } },
    permissions: {},
    concurrency: {
      group: `test-${expression("github.ref")}`,
      "cancel-in-progress": expression("github.event_name == 'pull_request'"),
    },
    jobs: {
      test: {
        name: requiredChecks.test,
        "runs-on": runner,
        "timeout-minutes": 30,
        permissions: { contents: "read" },
        steps: [...setUp(), { name: "Test", run: "npm test\n" }],
      },
    },
  };
}
