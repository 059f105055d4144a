import { secretNotSet } from "../../lib/secret-not-set";
import { installWrangler, pinnedActions, runner, setUpNode, wranglerCommand } from "../github-actions/pinned-actions";
import { expression, type Job, type Step, type Workflow } from "../github-actions/workflow";
import type { PagesSite } from "./schema";

/** What the build hands to the deployment: the files to serve, and nothing else. */
const artifact = "site";

/** Days the built files are kept: a deployment may wait that long for its approval. */
const artifactDays = 7;

/**
 * The environments that hold what a deployment needs: none of it is a secret of the repository, which a workflow of any branch reads.
 * Several clients' sites are deployed from one repository, which has environments of its own, so theirs have longer names.
 */
export const deployingEnvironments = {
  own: { live: "production", preview: "preview", first: "first" },
  client: { live: "pages-production", preview: "pages-preview", source: (project: string) => `source-${project}` },
} as const;

/** The workflow of a site's repository that builds, by whose name previews start. */
export const deployName = "Deploy to Cloudflare Pages";

/**
 * The workflow of a site in its own repository: a push to the branch goes live; a pull request is only built. The build runs the
 * repository's code and sees no secret; the deployment sees the token and runs none of the repository's code.
 *
 * @param firstTo a project that a push is deployed to before the live one
 */
export function deployWorkflow(site: PagesSite, firstTo?: string): Workflow {
  const isPush = "github.event_name == 'push'";
  const { own } = deployingEnvironments;
  const deployed = { condition: expression(isPush), branch: site.branch };
  const live = { environment: own.live, project: expression("vars.CF_PROJECT_NAME") };
  return {
    name: deployName,
    on: { push: { branches: [site.branch] }, pull_request: { branches: [site.branch] } },
    permissions: {},
    concurrency: {
      group: `deploy-${expression("github.ref")}`,
      // A newer push to a pull request makes the older preview pointless; a deployment that goes live is never cut short.
      "cancel-in-progress": expression("github.event_name == 'pull_request'"),
    },
    jobs: {
      build: buildJob(site, { name: "Check out", uses: pinnedActions.checkout, with: keepNoToken }),
      ...(firstTo === undefined
        ? {}
        : { "deploy-first": deployJob({ ...deployed, environment: own.first, needs: ["build"], project: firstTo }) }),
      deploy: deployJob({
        ...deployed,
        ...live,
        needs: firstTo === undefined ? ["build"] : ["build", "deploy-first"],
      }),
    },
  };
}

export interface ClientSite {
  readonly project: string;
  readonly sourceOwner: string;
  /** Whether a deploy key is needed to read it. */
  readonly sourceIsPrivate: boolean;
}

/**
 * The workflow of a client's site in our repository. It is started by hand, or by the client's repository with a
 * `repository_dispatch` event; the number of a pull request makes a preview of it instead.
 */
export function clientDeployWorkflow(site: PagesSite, client: ClientSite): Workflow {
  const names = deployingEnvironments.client;
  const checkout: Step = {
    name: "Check out the site",
    uses: pinnedActions.checkout,
    with: {
      ...keepNoToken,
      repository: `${client.sourceOwner}/${site.repository}`,
      ref: expression(`inputs.pull_request && format('refs/pull/{0}/head', inputs.pull_request) || '${site.branch}'`),
      ...(client.sourceIsPrivate ? { "ssh-key": expression("secrets.SOURCE_KEY") } : {}),
    },
  };
  return {
    name: `Deploy ${site.domain}`,
    on: {
      workflow_dispatch: {
        inputs: {
          pull_request: {
            description: "Number of a pull request to preview; empty deploys the live site",
            type: "number",
          },
        },
      },
      repository_dispatch: { types: [`deploy-${client.project}`] },
    },
    permissions: {},
    concurrency: {
      group: `deploy-${client.project}-${expression("inputs.pull_request")}`,
      "cancel-in-progress": false,
    },
    jobs: {
      build: {
        ...buildJob(site, checkout),
        ...(client.sourceIsPrivate ? { environment: deployingEnvironments.client.source(client.project) } : {}),
      },
      deploy: deployJob({
        environment: expression(`inputs.pull_request && '${names.preview}' || '${names.live}'`),
        condition: undefined,
        needs: ["build"],
        project: client.project,
        branch: expression(`inputs.pull_request && format('pr-{0}', inputs.pull_request) || '${site.branch}'`),
      }),
    },
  };
}

const keepNoToken = { "persist-credentials": false } as const;

function buildJob(site: PagesSite, checkout: Step): Job {
  return {
    name: "Build",
    "runs-on": runner,
    "timeout-minutes": 15,
    permissions: { contents: "read" },
    outputs: { commit: expression("steps.source.outputs.commit") },
    steps: [
      checkout,
      { name: "Note the commit", id: "source", run: 'echo "commit=$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"' },
      ...buildSteps(site),
    ],
  };
}

function buildSteps(site: PagesSite): Step[] {
  const { command, outputDirectory } = frameworkBuild(site.framework);
  if (command === undefined) {
    const served = "git archive HEAD -- . ':(exclude).github' ':(exclude)renovate.json'";
    return [
      { name: "Collect the files to serve", run: `mkdir ${artifact}\n${served} | tar -x -C ${artifact}\n` },
      keepSite(artifact),
    ];
  }
  return [
    setUpNode,
    { name: "Install dependencies", run: "npm ci" },
    {
      name: "Build",
      env: { NODE_ENV: "production", ...site.build?.variables },
      run: ownBuild(site) ?? `npx --no-install ${command}`,
    },
    keepSite(outputDirectory),
  ];
}

function keepSite(path: string): Step {
  return {
    name: "Keep what was built",
    uses: pinnedActions.uploadArtifact,
    // Hidden files include /.well-known, which proves ownership of the domain, and the whole of .next.
    with: {
      name: artifact,
      path,
      "include-hidden-files": true,
      "if-no-files-found": "error",
      "retention-days": artifactDays,
    },
  };
}

interface Deployment {
  readonly environment: string;
  readonly condition: string | undefined;
  readonly needs: readonly string[];
  readonly project: string;
  readonly branch: string;
  /** The run that built it, and from which commit. Default: this run's job `build`. */
  readonly built?: { readonly run: string; readonly commit: string };
}

/** Uploads what a build has kept. It sees the token, and checks nothing out. */
export function deployJob(deployment: Deployment): Job {
  const { built } = deployment;
  const other = built === undefined ? {} : { "run-id": built.run, "github-token": expression("github.token") };
  return {
    name: "Deploy",
    ...(deployment.needs.length === 0 ? {} : { needs: deployment.needs }),
    ...(deployment.condition === undefined ? {} : { if: deployment.condition }),
    "runs-on": runner,
    "timeout-minutes": 10,
    permissions: built === undefined ? {} : { actions: "read" },
    environment: { name: deployment.environment, url: expression("steps.deploy.outputs.url") },
    steps: [
      {
        name: "Fetch what was built",
        uses: pinnedActions.downloadArtifact,
        with: { name: artifact, path: artifact, ...other },
      },
      setUpNode,
      installWrangler,
      {
        name: "Deploy",
        id: "deploy",
        env: {
          CLOUDFLARE_ACCOUNT_ID: expression("vars.CLOUDFLARE_ACCOUNT_ID"),
          CLOUDFLARE_API_TOKEN: expression("secrets.CLOUDFLARE_API_TOKEN"),
          PROJECT: deployment.project,
          BRANCH: deployment.branch,
          COMMIT: built?.commit ?? expression("needs.build.outputs.commit"),
          WRANGLER_OUTPUT_FILE_PATH: `${expression("runner.temp")}/wrangler.ndjson`,
          WRANGLER_SEND_METRICS: "false",
        },
        run: deployScript,
      },
    ],
  };
}

const deployScript = `set -euo pipefail
if [ "$CLOUDFLARE_API_TOKEN" = "${secretNotSet}" ]; then
  echo "::error::nobody has set the secret CLOUDFLARE_API_TOKEN of this environment: gh secret set CLOUDFLARE_API_TOKEN --env ENVIRONMENT"; exit 1
fi
${wranglerCommand} pages deploy ${artifact} \\
  --project-name="$PROJECT" --branch="$BRANCH" --commit-hash="$COMMIT" --commit-dirty=true
url=$(jq -r 'select(.type == "pages-deploy-detailed") | .alias // .url' "$WRANGLER_OUTPUT_FILE_PATH" | tail -n 1)
echo "url=$url" >> "$GITHUB_OUTPUT"
echo "Deployed to $url" >> "$GITHUB_STEP_SUMMARY"
`;

/** How a site is built. The commands and directories are those of the hosting blueprint. */
type Framework =
  /** Plain files: nothing is built, the repository itself is served, without what is hidden or generated for it. */
  | { readonly kind: "html" }
  /** Next.js with `output: "export"`. */
  | { readonly kind: "next-export" }
  /**
   * Next.js with a server. Hazard: Pages serves the output directory as it is; server functions need an adapter that writes a
   * `_worker.js` into it.
   */
  | { readonly kind: "next" }
  | { readonly kind: "astro" };

interface FrameworkBuild {
  /** Absent where nothing is built. */
  readonly command: string | undefined;
  /** What is served, relative to the repository. */
  readonly outputDirectory: string;
}

const builds = {
  html: { command: undefined, outputDirectory: "/" },
  "next-export": { command: "next build", outputDirectory: "out" },
  next: { command: "next build", outputDirectory: ".next" },
  astro: { command: "astro build", outputDirectory: "dist" },
} as const satisfies Record<Framework["kind"], FrameworkBuild>;

/** The command of a site whose repository has a script that builds it, in place of its framework's. @example "npm run build" */
export function ownBuild({ build }: Pick<PagesSite, "build">): string | undefined {
  return build?.script === undefined ? undefined : `npm run ${build.script}`;
}

/** The build command and output directory of a framework. */
export function frameworkBuild(framework: Framework): FrameworkBuild {
  return builds[framework.kind];
}
