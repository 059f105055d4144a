import { publicImages } from "../container-registry/public-images";
import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { expression, type Job, type Step, type Workflow, type WorkflowCall } from "../github-actions/workflow";
import { toolchains } from "./checks";
import { findBuilt, releaseCall } from "./deploy-workflows";
import { buildAndScan, checkOut, eachService, imageFiles } from "./images";
import type { ApplicationPlan } from "./schema";

/** Mondays at eight, in UTC. Source: BetterWorld's plan, 6.3. */
const weekly = "0 8 * * 1";

/**
 * Looks each week for holes that were found since: in what the lock files and the Dockerfile name, in secrets that lie around, and in an
 * image of each service as it would be built today. What looks has no rights; what shows it has those, and runs nothing of the repository.
 */
export function securityWorkflow(plan: ApplicationPlan): Workflow {
  const images = eachService(plan);
  const shown = ["repository", ...plan.images.map(({ service }) => service)].map((what) => ({ what }));
  return {
    name: "Security",
    on: { schedule: [{ cron: weekly }], workflow_dispatch: {} },
    permissions: {},
    concurrency: { group: "security", "cancel-in-progress": false },
    jobs: {
      repository: {
        name: "Look into what the repository names",
        "runs-on": runner,
        "timeout-minutes": 20,
        permissions: { contents: "read" },
        steps: [checkOut, lookIntoRepository, keepFindings("repository")],
      },
      images: {
        name: `Look into ${expression("matrix.service")}`,
        "runs-on": runner,
        "timeout-minutes": 45,
        permissions: { contents: "read" },
        strategy: images,
        steps: [checkOut, ...buildAndScan, keepFindings(expression("matrix.service"))],
      },
      show: {
        name: `Show what is wrong with ${expression("matrix.what")}`,
        needs: ["repository", "images"],
        if: expression("!cancelled()"),
        "runs-on": runner,
        "timeout-minutes": 10,
        permissions: { contents: "read", "security-events": "write" },
        strategy: { "fail-fast": false, matrix: { include: shown } },
        steps: [
          {
            name: "Fetch what was found",
            uses: pinnedActions.downloadArtifact,
            with: { name: `findings-${expression("matrix.what")}` },
          },
          {
            name: "Show it",
            uses: pinnedActions.uploadSarif,
            with: { sarif_file: imageFiles.findings, category: `weekly-${expression("matrix.what")}` },
          },
        ],
      },
    },
  };
}

const lookIntoRepository: Step = {
  name: "Read lock files, Dockerfile and texts",
  env: { TRIVY: `${publicImages.trivy.repository}@${publicImages.trivy.digest}` },
  run: `mkdir image
look() { docker run --rm --volume "$PWD:/repository:ro" --volume "$PWD/image:/image" --volume "$RUNNER_TEMP/trivy:/root/.cache" "$TRIVY" fs --quiet --scanners vuln,secret,misconfig "$@" /repository; }
look --format sarif --output /image/${imageFiles.findings}
look --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1
`,
};

/** Also of a job that has failed over what it found. */
function keepFindings(what: string): Step {
  return {
    name: "Keep what was found",
    if: expression("!cancelled()"),
    uses: pinnedActions.uploadArtifact,
    with: {
      name: `findings-${what}`,
      path: `image/${imageFiles.findings}`,
      "if-no-files-found": "error",
      "retention-days": 7,
    },
  };
}

/** Asks an environment as many visitors would, with the thresholds that the script itself has. */
export function loadWorkflow(load: NonNullable<ApplicationPlan["load"]>, environment: string): Workflow {
  return {
    name: "Load test",
    on: { workflow_dispatch: {} },
    permissions: {},
    concurrency: { group: "load-test", "cancel-in-progress": false },
    jobs: {
      load: {
        name: `Load test of ${environment}`,
        "runs-on": runner,
        "timeout-minutes": 60,
        permissions: { contents: "read" },
        environment,
        steps: [
          checkOut,
          {
            name: "Ask, and compare with the thresholds",
            env: {
              K6: `${publicImages.k6.repository}@${publicImages.k6.digest}`,
              SCRIPT: load.script,
              BASE_URL: load.url,
              AGENT_API_KEY: expression("secrets.LOAD_TEST_KEY"),
            },
            run: 'docker run --rm --volume "$PWD:/repository:ro" --env BASE_URL --env AGENT_API_KEY "$K6" run --quiet "/repository/$SCRIPT"\n',
          },
        ],
      },
    },
  };
}

/**
 * Migrations apart from a deployment: which ones a stack has not had, what the next one would be, and making them, by the release of the
 * job that migrates: with its gates, its image, and a dump before. Never backwards.
 */
export function migrationWorkflow(
  plan: ApplicationPlan & { readonly migrations: string; readonly migrates: string },
): Workflow<Job | WorkflowCall> {
  const stages = plan.stages.map((stage) => {
    const call = releaseCall(
      { ...plan, service: plan.migrates },
      stage,
      ["find"],
      expression("needs.find.outputs.run"),
    );
    const asked = `inputs.action == 'migrate' && inputs.environment == '${stage.environment}'`;
    return [stage.environment, { ...call, if: expression(asked) }] as const;
  });
  const production = plan.stages.find(({ isProduction }) => isProduction)?.environment ?? "";
  const confirmation = `migrate-${production}`;
  // Only production is asked for it; what is empty there is not it.
  const typed = `inputs.environment == '${production}' && (inputs.confirm || 'nothing') || '${confirmation}'`;
  const choice = (description: string, options: readonly string[]) => ({
    description,
    type: "choice",
    required: true,
    options,
  });
  return {
    name: "Migrate the database",
    on: {
      workflow_dispatch: {
        inputs: {
          environment: choice(
            "Whose database",
            plan.stages.map(({ environment }) => environment),
          ),
          action: choice("What is done", ["status", "generate", "migrate", "rollback"]),
          confirm: { description: `Type ${confirmation} to migrate ${production}`, type: "string", default: "" },
        },
      },
    },
    permissions: {},
    concurrency: { group: `migrate-${expression("inputs.environment")}`, "cancel-in-progress": false },
    jobs: {
      status: statusJob(plan.migrations),
      generate: generateJob(plan),
      rollback: rollbackJob,
      find: {
        ...findBuilt(plan, expression("github.sha"), expression(typed), confirmation),
        if: expression(`inputs.action == 'migrate' && github.ref == 'refs/heads/${plan.branch}'`),
      },
      ...Object.fromEntries(stages),
    },
  };
}

function statusJob(directory: string): Job {
  return {
    name: "Which migrations it has not had",
    if: expression("inputs.action == 'status'"),
    "runs-on": runner,
    "timeout-minutes": 5,
    permissions: { contents: "read", deployments: "read" },
    steps: [
      { ...checkOut, with: { ...checkOut.with, "fetch-depth": 0 } },
      {
        name: "Compare with the commit that it was deployed from",
        env: {
          GH_TOKEN: expression("github.token"),
          GH_REPO: expression("github.repository"),
          ENVIRONMENT: expression("inputs.environment"),
          MIGRATIONS: directory,
        },
        run: `deployed="$(gh api "repos/$GH_REPO/deployments?environment=$ENVIRONMENT&per_page=1" --jq '.[].sha')"
if [ -z "$deployed" ]; then
  echo "$ENVIRONMENT was never deployed: it has had none" >> "$GITHUB_STEP_SUMMARY"; exit 0
fi
new="$(git diff --name-only --diff-filter=A "$deployed" HEAD -- "$MIGRATIONS")"
{ echo "$ENVIRONMENT was deployed from $deployed. Since then:"; echo; echo "\${new:-nothing}"; } >> "$GITHUB_STEP_SUMMARY"
`,
      },
    ],
  };
}

function generateJob({ toolchain }: ApplicationPlan): Job {
  return {
    name: "What the next migration would be",
    if: expression("inputs.action == 'generate'"),
    "runs-on": runner,
    "timeout-minutes": 15,
    permissions: { contents: "read" },
    steps: [
      checkOut,
      ...toolchains[toolchain].setUp,
      {
        name: "Generate it",
        run: `${toolchains[toolchain].generate}\ngit add --intent-to-add .\ngit diff > migration.patch\n`,
      },
      {
        name: "Keep it for a pull request",
        uses: pinnedActions.uploadArtifact,
        with: { name: "migration", path: "migration.patch", "if-no-files-found": "error", "retention-days": 7 },
      },
    ],
  };
}

const rollbackJob: Job = {
  name: "How to go back",
  if: expression("inputs.action == 'rollback'"),
  "runs-on": runner,
  "timeout-minutes": 5,
  permissions: {},
  steps: [
    {
      name: "Say it",
      run: `cat >> "$GITHUB_STEP_SUMMARY" <<'TEXT'
A migration is never run backwards: what was written since would be lost.

1. Take the application back: \`npm run rollback -- --stack STACK --service NAME\`. The migrations were such that the release before bears them.
2. Mend the data with another migration.
3. Only when data was destroyed: restore the dump that was made before, docs/backups.md of the infrastructure's repository.
TEXT
`,
    },
  ],
};
