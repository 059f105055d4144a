import { cloudflareAddressesFile } from "../../lib/cloudflare-addresses";
import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Workflow } from "../github-actions/workflow";
import { type DeliveryPlan, deliveryVariables, proposals } from "./delivery-plan";
import { readAppKey, setUp, signInToVault, variable } from "./steps";

/** Daily, at an odd minute: GitHub delays most what is due at full hours. */
const daily = "29 5 * * *";

/**
 * Asks Cloudflare every day from which addresses its proxies come, and proposes a list that changed in one pull request: origins let in
 * nobody else, so that a block which is missing is visitors who are turned away.
 *
 * What asks runs this repository's packages and can write nothing; what writes runs none of its code. It writes as an app of its own:
 * the run's token opens no pull request in a repository whose workflows may not approve any (`canApprovePullRequestReviews`), and what
 * it opened would wait for somebody to let its checks run.
 * Source: docs.github.com/en/actions/concepts/security/github_token, "When GITHUB_TOKEN triggers workflow runs".
 */
export function addressesWorkflow(plan: DeliveryPlan): Workflow {
  return {
    name: "Cloudflare's addresses",
    on: { schedule: [{ cron: daily }], workflow_dispatch: {} },
    permissions: {},
    concurrency: { group: "cloudflare-addresses", "cancel-in-progress": false },
    jobs: { look: lookJob(plan), propose: proposeJob(plan) },
  };
}

function lookJob({ branch }: DeliveryPlan): Job {
  return {
    name: "Look for changes",
    if: expression(`github.ref == 'refs/heads/${branch}'`),
    "runs-on": runner,
    "timeout-minutes": 10,
    permissions: { contents: "read" },
    outputs: { list: expression("steps.look.outputs.list") },
    steps: [...setUp(), { name: "Ask Cloudflare", id: "look", env: { FILE: cloudflareAddressesFile }, run: look }],
  };
}

function proposeJob({ branch }: DeliveryPlan): Job {
  return {
    name: "Propose them",
    needs: ["look"],
    if: expression("needs.look.outputs.list != ''"),
    "runs-on": runner,
    "timeout-minutes": 10,
    permissions: { "id-token": "write" },
    environment: proposals.environment,
    steps: [
      signInToVault("Sign in as who may read the app's key", deliveryVariables.proposingClientId),
      readAppKey("Read the key of the app that proposes changes", proposals.appKey),
      {
        name: "Become the app that proposes changes",
        id: "app",
        uses: pinnedActions.githubAppToken,
        with: {
          "client-id": variable(proposals.appClientId),
          "private-key": expression("steps.app-key.outputs.key"),
          "permission-contents": "write",
          "permission-pull-requests": "write",
        },
      },
      {
        name: "Open a pull request, or bring the open one up to date",
        env: {
          GH_TOKEN: expression("steps.app.outputs.token"),
          REPOSITORY: expression("github.repository"),
          BASE: branch,
          BRANCH: "cloudflare-addresses",
          FILE: cloudflareAddressesFile,
          LIST: expression("needs.look.outputs.list"),
        },
        run: propose,
      },
    ],
  };
}

const look = `npm run -s cloudflare-addresses -- --refresh
if ! git diff --quiet -- "$FILE"; then
  echo "list=$(base64 --wrap=0 "$FILE")" >> "$GITHUB_OUTPUT"
fi
`;

/**
 * One branch, one commit on top of the deployed branch, one pull request. The branch moves once its commit is there: as long as it is
 * where the deployed branch is, GitHub closes its pull request.
 */
const propose = `api() { gh api "repos/$REPOSITORY/$1" "\${@:2}"; }
blob="$(api git/blobs -f encoding=base64 -f content="$LIST" --jq .sha)"
open="$(gh pr list --repo "$REPOSITORY" --base "$BASE" --head "$BRANCH" --state open --json number --jq '.[].number')"
proposed="$(api "contents/$FILE?ref=$BRANCH" --jq .sha 2> /dev/null || true)"
if [ -n "$open" ] && [ "$proposed" = "$blob" ]; then
  echo "pull request $open says the same"
  exit 0
fi
parent="$(api "git/ref/heads/$BASE" --jq .object.sha)"
tree="$(api git/trees -f base_tree="$parent" \\
  -f "tree[][path]=$FILE" -f "tree[][mode]=100644" -f "tree[][type]=blob" -f "tree[][sha]=$blob" --jq .sha)"
commit="$(api git/commits -f message="Cloudflare's list of addresses, as it is published" \\
  -f tree="$tree" -f "parents[]=$parent" --jq .sha)"
api "git/refs/heads/$BRANCH" -X PATCH -f sha="$commit" -F force=true --silent 2> /dev/null ||
  api git/refs -f ref="refs/heads/$BRANCH" -f sha="$commit" --silent
if [ -n "$open" ]; then
  echo "pull request $open is up to date"
  exit 0
fi
gh pr create --repo "$REPOSITORY" --base "$BASE" --head "$BRANCH" \\
  --title "[IaC] all: Cloudflare's list of addresses changed" \\
  --body "Cloudflare's proxies come from other addresses than origins let in. Written by \\\`npm run cloudflare-addresses -- --refresh\\\`; compare it with https://www.cloudflare.com/ips/."
`;
