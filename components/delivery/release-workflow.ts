import { releasePermissions } from "../app-release/deploy-workflows";
import { pinnedActions, runner, setUpNode } from "../github-actions/pinned-actions";
import { expression, type WorkflowInput } from "../github-actions/workflow";
import type { DeliveryPlan } from "./delivery-plan";
import { releaseSecrets } from "./delivery-plan";
import type { StackWorkflow } from "./stack-workflow";
import { installPackages, installPulumi, readAddress, readAppKey } from "./steps";

/** The file that applications' workflows call. */
export const releaseWorkflowFile = "release-app.yml";

const text = (description: string): WorkflowInput => ({ description, type: "string", required: true });

const inputs = {
  stack: text("The stack"),
  environment: text("The calling repository's environment that lets the release in"),
  built: text("The run of the calling repository that built the images"),
  state: text("The container of the stack's state"),
  service: {
    description: "The one service that is released; all that were built, when it is empty",
    type: "string",
    default: "",
  },
  canary: { description: "Whether requests are moved step by step", type: "boolean", default: false },
  "client-id": text("The client id of the identity that releases to the stack"),
  "subscription-id": text("The subscription of the stack"),
  "tenant-id": text("The tenant"),
  "state-account": text("The account of the states"),
  vault: text("The vault of the pipelines"),
  "app-client-id": text("The client id of the app that reads this repository"),
} as const satisfies Readonly<Record<string, WorkflowInput>>;

const input = (name: keyof typeof inputs): string => expression(`inputs.${name}`);

/**
 * Releases an application, as a job in its repository's run and with this repository's code: what `npm run release` does, as an identity
 * that only this job becomes (docs/decisions/0057). The caller says which stack and which run; it runs nothing here, and its own jobs
 * become nobody. Who asks for the release is who started that run.
 */
export function releaseWorkflow({ branch, repository }: DeliveryPlan): StackWorkflow {
  return {
    file: releaseWorkflowFile,
    workflow: {
      name: "Release an application",
      on: { workflow_call: { inputs } },
      permissions: {},
      jobs: {
        release: {
          name: `Release to ${input("stack")}`,
          "runs-on": runner,
          // Several services, one after the other, each by the steps of its canary.
          "timeout-minutes": 180,
          permissions: releasePermissions,
          environment: input("environment"),
          concurrency: { group: `release-${input("stack")}`, "cancel-in-progress": false },
          env: {
            CI: "true",
            PULUMI_BACKEND_URL: `azblob://${input("state")}`,
            AZURE_STORAGE_ACCOUNT: input("state-account"),
            AZURE_KEYVAULT_AUTH_VIA_CLI: "true",
          },
          steps: [
            {
              name: "Fetch the digests of what was built",
              uses: pinnedActions.downloadArtifact,
              with: {
                pattern: expression("format('digest-{0}', inputs.service || '*')"),
                "merge-multiple": true,
                path: expression("format('{0}/digests', runner.temp)"),
                "run-id": input("built"),
                "github-token": expression("github.token"),
              },
            },
            {
              name: "Sign in to Azure",
              uses: pinnedActions.azureLogin,
              with: {
                "client-id": input("client-id"),
                "tenant-id": input("tenant-id"),
                "subscription-id": input("subscription-id"),
              },
            },
            readAppKey("Read the key of the app that reads the program", releaseSecrets.appKey, input("vault")),
            {
              name: "Read where the team hears of releases",
              id: "channel",
              env: { VAULT: input("vault"), SECRET: releaseSecrets.channel },
              run: `${readAddress}read_address webhook "$SECRET"\n`,
            },
            {
              name: "Become the app that reads the program",
              id: "app",
              uses: pinnedActions.githubAppToken,
              with: {
                "client-id": input("app-client-id"),
                "private-key": expression("steps.app-key.outputs.key"),
                owner: expression("github.repository_owner"),
                repositories: repository,
                "permission-contents": "read",
              },
            },
            {
              name: "Check out the program",
              uses: pinnedActions.checkout,
              with: {
                "persist-credentials": false,
                repository: `${expression("github.repository_owner")}/${repository}`,
                ref: branch,
                token: expression("steps.app.outputs.token"),
              },
            },
            setUpNode,
            { name: "Install packages", run: installPackages },
            installPulumi,
            {
              name: "Release",
              env: {
                STACK: input("stack"),
                CANARY: expression("inputs.canary && '--canary' || ''"),
                RELEASE_SLACK_WEBHOOK: expression("steps.channel.outputs.webhook"),
              },
              run: release,
            },
          ],
        },
      },
    },
  };
}

/** A digest is read as what it is, not as a word of the shell: the command looks at its form. */
const release = `set --
for file in "$RUNNER_TEMP"/digests/*; do
  set -- "$@" --service "$(basename "$file")" --digest "$(cat "$file")"
done
npm run release -- --stack "$STACK" --engine pulumi --yes --leave-state $CANARY "$@"
`;
