import { runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Workflow } from "../github-actions/workflow";
import { deployingEnvironments, deployJob, deployName } from "./deploy-workflow";

const run = "github.event.workflow_run";
const number = `${run}.pull_requests[0].number`;

/**
 * Puts what a pull request's build has kept at `https://pr-<number>.<project>.pages.dev`, and says so in one comment. It is the deployed
 * branch's own workflow, because the token reaches every site: a pull request can change the workflow that builds it, and must not get
 * the token by that.
 */
export function previewWorkflow(): Workflow {
  return {
    name: "Preview on Cloudflare Pages",
    on: { workflow_run: { workflows: [deployName], types: ["completed"] } },
    accepted: {
      rule: "dangerous-triggers",
      why: "it checks nothing out and runs nothing of the pull request: it uploads files, and says where they are",
    },
    permissions: {},
    // One after the other: of two at a time, each would make a comment. A fork's branch of the same name ends nobody else's.
    concurrency: {
      group: `preview-${expression(`${run}.head_repository.id`)}-${expression(`${run}.head_branch`)}`,
      "cancel-in-progress": true,
    },
    jobs: {
      deploy: {
        ...deployJob({
          environment: deployingEnvironments.own.preview,
          // A fork's pull request gets no preview.
          condition: expression(
            `${run}.event == 'pull_request' && ${run}.conclusion == 'success' && ${run}.head_repository.full_name == github.repository && ${run}.pull_requests[0]`,
          ),
          needs: [],
          project: expression("vars.CF_PROJECT_NAME"),
          branch: expression(`format('pr-{0}', ${number})`),
          built: { run: expression(`${run}.id`), commit: expression(`${run}.head_sha`) },
        }),
        outputs: { url: expression("steps.deploy.outputs.url") },
      },
      tell: tellJob(),
    },
  };
}

/** The job that comments the preview's address: a job of its own, so that the token that writes comments never meets Cloudflare's. */
function tellJob(): Job {
  return {
    name: "Tell the address",
    needs: ["deploy"],
    "runs-on": runner,
    "timeout-minutes": 5,
    permissions: { "pull-requests": "write" },
    steps: [
      {
        name: "Keep the comment with the preview's address",
        env: {
          GH_TOKEN: expression("github.token"),
          REPOSITORY: expression("github.repository"),
          NUMBER: expression(number),
          COMMIT: expression(`${run}.head_sha`),
          ADDRESS: expression("needs.deploy.outputs.url"),
        },
        run: tellScript,
      },
    ],
  };
}

/** What the comment begins with. Anybody can write that, so only what `GITHUB_TOKEN` wrote is edited. */
const marker = "<!-- preview of this site -->";

const tellScript = `set -euo pipefail
if [ -z "$ADDRESS" ]; then
  echo "::error::the deployment has said no address: see what wrangler printed in the job Deploy"; exit 1
fi
comments="repos/$REPOSITORY/issues"
text="${marker}
Preview: $ADDRESS (of $COMMIT)"
own="$(gh api --paginate "$comments/$NUMBER/comments?per_page=100" \\
  --jq '.[] | select(.user.login == "github-actions[bot]" and ((.body // "") | startswith("${marker}"))) | .id')"
if [ -z "$own" ]; then
  gh api --silent --method POST "$comments/$NUMBER/comments" --raw-field body="$text"
else
  gh api --silent --method PATCH "$comments/comments/\${own%%$'\\n'*}" --raw-field body="$text"
fi
`;
