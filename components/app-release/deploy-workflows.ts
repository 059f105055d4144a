import { clientIdVariable, deliveryVariables, subscriptionVariable } from "../delivery/delivery-plan";
import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Permissions, type Workflow, type WorkflowCall } from "../github-actions/workflow";
import { buildAndScan, checkOut, eachService, imageFiles } from "./images";
import { type ApplicationPlan, type ApplicationStage, applicationVariables, applicationWorkflows } from "./schema";

/** Days that digests are kept: a commit that is older is released by a newer one. GitHub's own limit is 90. */
const digestDays = 90;

const variable = (name: string): string => expression(`vars.${name}`);

/**
 * After a merge: an image of each service is built once, scanned, pushed by digest with what it is made of and where it is from, and
 * released to staging. What builds runs the repository's code and has no rights; what pushes has them and runs none of it.
 */
export function stagingWorkflow(plan: ApplicationPlan): Workflow<Job | WorkflowCall> {
  const [staging] = plan.stages;
  return {
    name: "Deploy to staging",
    on: { push: { branches: [plan.branch] } },
    permissions: {},
    // A release that began is never cut short; of those that wait, the newest is what staging wants by then.
    concurrency: { group: "deploy-staging", "cancel-in-progress": false },
    jobs: {
      build: buildJob(plan),
      publish: publishJob(plan),
      [staging.environment]: releaseCall(plan, staging, ["publish"], expression("github.run_id")),
    },
  };
}

function buildJob(plan: ApplicationPlan): Job {
  return {
    name: `Build ${expression("matrix.service")}`,
    "runs-on": runner,
    "timeout-minutes": 45,
    permissions: { contents: "read" },
    strategy: eachService(plan),
    steps: [
      checkOut,
      ...buildAndScan,
      {
        name: "Keep it until it is pushed",
        uses: pinnedActions.uploadArtifact,
        with: {
          name: `image-${expression("matrix.service")}`,
          path: "image",
          "if-no-files-found": "error",
          "retention-days": 1,
        },
      },
    ],
  };
}

function publishJob(plan: ApplicationPlan): Job {
  const pushesToGithub = plan.images.some(({ host }) => host === githubRegistry);
  const pushesToOurs = plan.images.some(({ host }) => host === undefined);
  const permissions: Permissions = {
    attestations: "write",
    "id-token": "write",
    ...(pushesToGithub ? { packages: "write" } : {}),
    "security-events": "write",
  };
  const attested = {
    "subject-name": expression("steps.push.outputs.name"),
    "subject-digest": expression("steps.push.outputs.digest"),
  };
  return {
    name: `Publish ${expression("matrix.service")}`,
    needs: ["build"],
    "runs-on": runner,
    "timeout-minutes": 20,
    permissions,
    strategy: eachService(plan),
    steps: [
      {
        name: "Fetch what was built",
        uses: pinnedActions.downloadArtifact,
        with: { name: `image-${expression("matrix.service")}`, path: "image" },
      },
      ...(pushesToOurs
        ? [
            {
              name: "Sign in as who may push to the registry",
              uses: pinnedActions.azureLogin,
              with: {
                "client-id": variable(applicationVariables.buildClientId),
                "tenant-id": variable(deliveryVariables.tenant),
                "allow-no-subscriptions": true,
              },
            },
          ]
        : []),
      {
        name: "Push it",
        id: "push",
        env: {
          SERVICE: expression("matrix.service"),
          REPOSITORY: expression("matrix.repository"),
          HOST: expression("matrix.host"),
          REVISION: expression("github.sha"),
          ...(pushesToOurs ? { REGISTRY: variable(applicationVariables.registry) } : {}),
          ...(pushesToGithub ? { TOKEN: expression("github.token"), ACTOR: expression("github.actor") } : {}),
        },
        run: push,
      },
      {
        name: "Say of it what it was built from, and by which run",
        uses: pinnedActions.attest,
        with: attested,
      },
      {
        name: "Say of it what is in it",
        uses: pinnedActions.attest,
        with: { ...attested, "sbom-path": `image/${imageFiles.parts}` },
      },
      {
        name: "Show what is known to be wrong with it",
        uses: pinnedActions.uploadSarif,
        with: { sarif_file: `image/${imageFiles.findings}`, category: `image-${expression("matrix.service")}` },
      },
      {
        name: "Keep its digest",
        uses: pinnedActions.uploadArtifact,
        with: {
          name: `digest-${expression("matrix.service")}`,
          path: "digest",
          "if-no-files-found": "error",
          "retention-days": digestDays,
        },
      },
    ],
  };
}

/** The registry that a run's own token pushes to: packages of the repository's owner. */
export const githubRegistry = "ghcr.io";

/** The tag finds it again; what runs is named by the digest. */
const push = `if [ "$HOST" = ${githubRegistry} ]; then
  printf %s "$TOKEN" | docker login "$HOST" --username "$ACTOR" --password-stdin
else
  az acr login --name "$REGISTRY" --only-show-errors
  HOST="$REGISTRY.azurecr.io"
fi
docker load --input image/${imageFiles.image}
name="$HOST/$REPOSITORY"
docker tag "$SERVICE:$REVISION" "$name:$REVISION"
docker push --quiet "$name:$REVISION"
digest="$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$name:$REVISION" | sed -n "s|^$name@||p" | head -n 1)"
mkdir digest
printf %s "$digest" > "digest/$SERVICE"
{ echo "name=$name"; echo "digest=$digest"; } >> "$GITHUB_OUTPUT"
`;

/**
 * A release of the repository, or a person who types the name of what is changed: the digests that staging was given of that commit come
 * to production once a reviewer lets them in, and to each stack that follows it. What has to hold before is the release's own to check.
 */
export function productionWorkflow(plan: ApplicationPlan): Workflow<Job | WorkflowCall> {
  const [, ...stages] = plan.stages;
  const released = stages.map((stage, index) => {
    const before = index === 0 ? ["find"] : ["find", stages[index - 1]?.environment ?? ""];
    return [stage.environment, releaseCall(plan, stage, before, expression("needs.find.outputs.run"))] as const;
  });
  return {
    name: "Deploy to production",
    on: {
      release: { types: ["published"] },
      workflow_dispatch: {
        inputs: {
          confirm: { description: `Type ${confirmation} to confirm`, type: "string", required: true },
          commit: {
            description: `The commit whose images go there. Default: the newest of ${plan.branch}`,
            type: "string",
            default: "",
          },
        },
      },
    },
    permissions: {},
    concurrency: { group: `deploy-production-${expression("github.event_name")}`, "cancel-in-progress": false },
    jobs: { start: startJob(plan), find: findJob(plan), ...Object.fromEntries(released) },
  };
}

/** What a person types to deploy to production. */
const confirmation = "deploy-production";

/** Environments let the branch in and no tag, so a release of the repository starts the workflow of the branch. */
function startJob({ branch }: ApplicationPlan): Job {
  return {
    name: "Start it on the branch",
    if: expression("github.event_name == 'release'"),
    "runs-on": runner,
    "timeout-minutes": 5,
    permissions: { actions: "write" },
    steps: [
      {
        name: "Start",
        env: {
          GH_TOKEN: expression("github.token"),
          GH_REPO: expression("github.repository"),
          BRANCH: branch,
          COMMIT: expression("github.sha"),
        },
        run: `gh workflow run ${applicationWorkflows.production} --ref "$BRANCH" --field confirm=${confirmation} --field commit="$COMMIT"\n`,
      },
    ],
  };
}

function findJob(plan: ApplicationPlan): Job {
  return {
    ...findBuilt(plan, expression("inputs.commit || github.sha"), expression("inputs.confirm"), confirmation),
    if: expression(`github.event_name == 'workflow_dispatch' && github.ref == 'refs/heads/${plan.branch}'`),
  };
}

/** Finds the run that built a commit, when its checks have passed and staging took it. @param confirm what was typed */
export function findBuilt({ branch }: ApplicationPlan, commit: string, confirm: string, wanted: string): Job {
  return {
    name: "Find what was built of the commit",
    "runs-on": runner,
    "timeout-minutes": 5,
    permissions: { actions: "read" },
    outputs: { run: expression("steps.find.outputs.run") },
    steps: [
      {
        name: "It was confirmed, its checks have passed, and staging was given it",
        id: "find",
        env: {
          GH_TOKEN: expression("github.token"),
          GH_REPO: expression("github.repository"),
          ...{ CONFIRM: confirm, WANTED: wanted, COMMIT: commit, BRANCH: branch },
        },
        run: find,
      },
    ],
  };
}

const find = `if [ "$CONFIRM" != "$WANTED" ]; then
  echo "::error::type $WANTED to confirm"; exit 1
fi
newest() { gh run list --workflow "$1" --branch "$BRANCH" --event push --commit "$COMMIT" --status success --limit 1 --json databaseId --jq '.[].databaseId'; }
if [ -z "$(newest ${applicationWorkflows.ci})" ]; then
  echo "::error::the checks of $COMMIT have not passed on $BRANCH"; exit 1
fi
run="$(newest ${applicationWorkflows.staging})"
if [ -z "$run" ]; then
  echo "::error::staging was not given $COMMIT, or did not take it"; exit 1
fi
echo "run=$run" >> "$GITHUB_OUTPUT"
`;

/**
 * The job that releases to a stack: the code, and the identity, of the repository that deploys. It is told which digests by the run that
 * built them, and by nobody else.
 */
export function releaseCall(
  { releasedBy, service }: Pick<ApplicationPlan, "releasedBy"> & { readonly service?: string },
  { stack, environment, state, canary }: ApplicationStage,
  needs: readonly string[],
  built: string,
): WorkflowCall {
  return {
    needs,
    permissions: releasePermissions,
    uses: releasedBy,
    accepted: {
      rule: "unpinned-uses",
      why: "identities believe the branch of this file and no commit, and its reviewers are the owners of production",
    },
    with: {
      stack,
      environment,
      built,
      state,
      canary,
      ...(service === undefined ? {} : { service }),
      "client-id": variable(clientIdVariable("release", stack)),
      "subscription-id": variable(subscriptionVariable(stack)),
      "tenant-id": variable(deliveryVariables.tenant),
      "state-account": variable(deliveryVariables.stateAccount),
      vault: variable(deliveryVariables.vault),
      "app-client-id": variable(applicationVariables.releasingAppClientId),
    },
  };
}

/** The most that a release may ask for. */
export const releasePermissions = { actions: "read", "id-token": "write" } as const satisfies Permissions;
