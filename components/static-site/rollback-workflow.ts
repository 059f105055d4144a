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
            },
            run: rollbackScript,
          },
        ],
      },
    },
  };
}

/** The token goes to curl through a file descriptor, so that it is in no process list. */
const rollbackScript = `set -euo pipefail
deployments="$CLOUDFLARE_API/accounts/$CLOUDFLARE_ACCOUNT_ID/pages/projects/$PROJECT/deployments"
call() {
  curl --silent --show-error --fail-with-body --max-time 30 \\
    --config <(printf 'header = "Authorization: Bearer %s"\\n' "$CLOUDFLARE_API_TOKEN") "$@"
}
if [ -z "$DEPLOYMENT" ]; then
  call "$deployments?env=production&per_page=10" |
    jq -r '.result[] | "\\(.id)  \\(.created_on)  \\(.deployment_trigger.metadata.commit_message // "" | split("\\n")[0])"'
  exit 0
fi
if ! [[ "$DEPLOYMENT" =~ ^[0-9a-f-]{8,64}$ ]]; then
  echo "::error::The deployment id must be hexadecimal digits and dashes; run without an id to list them"
  exit 1
fi
id=$(call --request POST "$deployments/$DEPLOYMENT/retry" | jq -er '.result.id')
for _ in $(seq 1 30); do
  stage=$(call "$deployments/$id" | jq -r '.result.latest_stage | "\\(.name) \\(.status)"')
  case "$stage" in
    "deploy success") echo "Live: $id, a copy of $DEPLOYMENT" | tee -a "$GITHUB_STEP_SUMMARY"; exit 0 ;;
    *failure | *canceled) echo "::error::Deployment $id ended with: $stage"; exit 1 ;;
  esac
  sleep 2
done
echo "::error::Deployment $id was not live after a minute: $stage"
exit 1
`;
