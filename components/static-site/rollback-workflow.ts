import { shippedProgram } from "../../programs/bundle";
import { runner } from "../github-actions/pinned-actions";
import { expression, type Workflow } from "../github-actions/workflow";

/** Where the workflow learns which project it is about. */
export type RollbackProject = { readonly kind: "variable" } | { readonly kind: "fixed"; readonly project: string };

/**
 * A workflow that makes an earlier deployment live again. Started by hand: without an id it lists the last ten deployments, with one it
 * retries that deployment. Cloudflare still has the files, so nothing is built and it takes well under a minute.
 *
 * (`wrangler pages deployment rollback` no longer exists, and the rollback call answers 405 for uploaded deployments.)
 */
export function rollbackWorkflow(target: RollbackProject): Workflow {
  const project = target.kind === "variable" ? expression("vars.CF_PROJECT_NAME") : target.project;
  return {
    name: target.kind === "variable" ? "Roll back" : `Roll back ${target.project}`,
    on: {
      workflow_dispatch: {
        inputs: {
          deployment: { description: "Id of the deployment to go back to; empty lists the last ten", type: "string" },
        },
      },
    },
    permissions: {},
    concurrency: {
      group: target.kind === "variable" ? "rollback" : `rollback-${target.project}`,
      "cancel-in-progress": false,
    },
    jobs: {
      rollback: {
        "runs-on": runner,
        "timeout-minutes": 5,
        permissions: {},
        environment: "production",
        steps: [
          {
            name: "Roll back",
            env: {
              CLOUDFLARE_ACCOUNT_ID: expression("vars.CLOUDFLARE_ACCOUNT_ID"),
              CLOUDFLARE_API_TOKEN: expression("secrets.CLOUDFLARE_API_TOKEN"),
              CLOUDFLARE_API: "https://api.cloudflare.com/client/v4",
              PROJECT: project,
              DEPLOYMENT: expression("inputs.deployment"),
              POLL_SECONDS: "2",
            },
            run: rollbackScript(),
          },
        ],
      },
    },
  };
}

/** The script goes to Node.js as its input, so that nothing has to be checked out. */
function rollbackScript(): string {
  return `node --input-type=module <<'ROLLBACK'\n${shippedProgram("programs/jobs/rollback.ts").text}ROLLBACK\n`;
}
