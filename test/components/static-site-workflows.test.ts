import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { pinnedActions } from "../../components/github-actions/pinned-actions";
import { expression, type Workflow, workflowYaml } from "../../components/github-actions/workflow";
import { clientDeployWorkflow, deployWorkflow, frameworkBuild } from "../../components/static-site/deploy-workflow";
import { type PagesSite, siteSchema } from "../../components/static-site/schema";
import { renovateConfiguration, rollbackWorkflow } from "../../components/static-site/site-files";
import { previewWorkflow } from "../../components/static-site/site-preview-workflow";
import { pagesProjectArgs } from "../../components/static-site/static-site";
import { expectValidWorkflow, workflowErrors } from "./workflow-parsing";

function pagesSite(changes: Record<string, unknown> = {}): PagesSite {
  const site = siteSchema.parse({
    state: "on-pages",
    domain: "alai.no",
    zone: "alai.no",
    owner: "own",
    repository: "alai-home-web",
    framework: { kind: "astro" },
    ...changes,
  });
  if (site.state !== "on-pages") throw new Error("the entry is on Pages");
  return site;
}

const client = {
  project: "client-kenyhot-web",
  sourceOwner: "alai-org",
  sourceIsPrivate: true,
};
const workflows: [string, Workflow][] = [
  ...(["html", "next-export", "next", "astro"] as const).map((kind): [string, Workflow] => [
    `deploy ${kind}`,
    deployWorkflow(pagesSite({ framework: { kind } })),
  ]),
  ["preview", previewWorkflow()],
  ["deploy in two steps", deployWorkflow(pagesSite(), "alai-home-web-dev")],
  ["deploy for a client", clientDeployWorkflow(pagesSite({ owner: "client" }), client)],
  ["deploy for a client in public", clientDeployWorkflow(pagesSite(), { ...client, sourceIsPrivate: false })],
  ["roll back", rollbackWorkflow({ kind: "variable" })],
  ["roll back a client", rollbackWorkflow({ kind: "fixed", project: "client-kenyhot-web" })],
];

describe.each(workflows)("workflow: %s", (_name, workflow) => {
  const text = workflowYaml(workflow);
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it("is accepted by GitHub's parser", () => expectValidWorkflow(text));

  it("says the same after it was read back", () => {
    const { accepted: _comment, ...rest } = workflow;
    expect(parse(text)).toEqual(JSON.parse(JSON.stringify(rest)));
  });

  it("pins every action by commit, in the one file of pins", () => {
    const used = steps.flatMap((step) => step.uses ?? []);
    const pins: readonly string[] = Object.values(pinnedActions);
    for (const action of used) {
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      expect(pins).toContain(action);
    }
  });

  it("grants nothing by default, and no job more than reading the contents, or what another run has built, or a comment", () => {
    expect(workflow.permissions).toEqual({});
    const granted = [{}, { contents: "read" }, { actions: "read" }, { "pull-requests": "write" }];
    for (const job of Object.values(workflow.jobs)) expect(granted).toContainEqual(job.permissions);
  });

  it("limits its time and its concurrency", () => {
    for (const job of Object.values(workflow.jobs)) expect(job["timeout-minutes"]).toBeLessThanOrEqual(15);
    expect(workflow.concurrency.group).not.toBe("");
  });

  it("leaves no token of a checkout behind", () => {
    const checkouts = steps.filter((step) => step.uses === pinnedActions.checkout);
    for (const checkout of checkouts) expect(checkout.with).toMatchObject({ "persist-credentials": false });
  });

  it("has scripts that a shell can parse and no expression in them", () => {
    for (const { run } of steps) {
      if (run === undefined) continue;
      expect(run).not.toContain("${{");
      expect(() => execFileSync("bash", ["-n"], { input: run })).not.toThrow();
    }
  });

  it("shows the token to no job that runs the repository's code", () => {
    for (const job of Object.values(workflow.jobs)) {
      const seesToken = JSON.stringify(job).includes("secrets.CLOUDFLARE_API_TOKEN");
      const checksOut = job.steps.some((step) => step.uses === pinnedActions.checkout);
      expect(seesToken && checksOut).toBe(false);
    }
  });
});

describe("deploy workflow", () => {
  it("shows a pull request no secret: nothing but the build runs for it", () => {
    for (const workflow of [deployWorkflow(pagesSite()), deployWorkflow(pagesSite(), "alai-home-web-dev")]) {
      const { build, ...deploying } = workflow.jobs;
      expect(JSON.stringify(build)).not.toContain("secrets.");
      expect(build?.environment).toBeUndefined();
      for (const job of Object.values(deploying)) expect(job.if).toBe(expression("github.event_name == 'push'"));
    }
  });

  it("shares no cache between what a pull request builds and what goes live", () => {
    for (const [, workflow] of workflows) {
      const text = workflowYaml(workflow);
      expect(text).not.toMatch(/^ *cache: /m);
      expect(text.match(/setup-node@/g)?.length).toBe(text.match(/package-manager-cache: false/g)?.length);
    }
  });

  it("deploys to the first project before the live one, and only after a push", () => {
    const { jobs } = deployWorkflow(pagesSite(), "alai-home-web-dev");
    expect(jobs.deploy?.needs).toEqual(["build", "deploy-first"]);
    expect(jobs["deploy-first"]?.if).toBe(expression("github.event_name == 'push'"));
  });

  it.each([
    ["html", undefined, "/"],
    ["next-export", "next build", "out"],
    ["next", "next build", ".next"],
    ["astro", "astro build", "dist"],
  ] as const)("builds %s with %s into %s", (kind, command, outputDirectory) => {
    expect(frameworkBuild({ kind })).toEqual({ command, outputDirectory });
    const steps = deployWorkflow(pagesSite({ framework: { kind } })).jobs.build?.steps ?? [];
    const build = steps.find((step) => step.name === "Build");
    expect(build?.run).toBe(command === undefined ? undefined : `npx --no-install ${command}`);
    const kept = steps.find((step) => step.uses === pinnedActions.uploadArtifact);
    expect(kept?.with?.path).toBe(kind === "html" ? "site" : outputDirectory);
  });

  it("builds with the repository's own script, and with what the site says for everybody to read", () => {
    const variables = { PUBLIC_API: "https://api.alai.no" };
    const site = pagesSite({ build: { script: "build:site", variables } });
    const build = deployWorkflow(site).jobs.build?.steps.find((step) => step.name === "Build");
    expect(build).toMatchObject({ run: "npm run build:site", env: { NODE_ENV: "production", ...variables } });
    expect(pagesProjectArgs("account", "project", site).buildConfig).toMatchObject({
      buildCommand: "npm run build:site",
      destinationDir: "dist",
    });
  });

  it.each([
    [{ script: "build; rm -rf /" }, "expected the name of a script, such as build"],
    [{ variables: { NODE_OPTIONS: "--require=./x" } }, "no name that the runner, Node.js or npm has"],
    [{ variables: { TOKEN: `\${{ secrets.CLOUDFLARE_API_TOKEN }}` } }, "expected one line without ${{"],
  ])("refuses a build of %j", (build, told) => {
    expect(() => pagesSite({ build })).toThrow(told);
    expect(() => pagesSite({ framework: { kind: "html" }, build: {} })).toThrow("there is no build of plain files");
  });

  it("does not serve the workflows of a plain site", () => {
    const steps = deployWorkflow(pagesSite({ framework: { kind: "html" } })).jobs.build?.steps ?? [];
    const collect = steps.find((step) => step.name === "Collect the files to serve")?.run ?? "";
    const script = `set -e; cd "$(mktemp -d)"; git init -q .; mkdir -p .github/workflows .well-known
      echo x > index.html; echo x > renovate.json; echo x > .github/workflows/deploy.yml; echo x > .well-known/proof
      git add -A; git -c user.name=t -c user.email=t@example.com commit -qm t
      ${collect}
      cd site; find . -type f | sort`;
    expect(execFileSync("bash", ["-c", script]).toString()).toBe("./.well-known/proof\n./index.html\n");
  });
});

describe("the preview of a pull request", () => {
  const { on, jobs, concurrency } = previewWorkflow();

  it("is the deployed branch's own workflow, after a build, and only for the repository itself", () => {
    expect(on).toEqual({ workflow_run: { workflows: ["Deploy to Cloudflare Pages"], types: ["completed"] } });
    expect(deployWorkflow(pagesSite()).name).toBe("Deploy to Cloudflare Pages");
    expect(jobs.deploy?.if).toContain("github.event.workflow_run.head_repository.full_name == github.repository");
    expect(jobs.deploy?.if).toContain("github.event.workflow_run.event == 'pull_request'");
  });

  it("is ended by a newer one of the same branch, and by no fork that calls a branch the same", () => {
    const [repository, branch] = ["head_repository.id", "head_branch"].map((name) =>
      expression(`github.event.workflow_run.${name}`),
    );
    expect(concurrency).toEqual({ group: `preview-${repository}-${branch}`, "cancel-in-progress": true });
  });

  it("runs nothing of the pull request, and is named by its number, never by a branch that somebody chose", () => {
    expect(Object.keys(jobs)).toEqual(["deploy", "tell"]);
    expect(jobs.deploy?.steps.map(({ uses }) => uses ?? "run")).toEqual([
      ...[pinnedActions.downloadArtifact, pinnedActions.setupNode, "run", "run"],
    ]);
    expect(JSON.stringify(jobs)).toContain("format('pr-{0}', github.event.workflow_run.pull_requests[0].number)");
    expect(JSON.stringify(jobs)).not.toMatch(/head_ref|ref_name|head_branch/);
  });

  it("is told of by a job that follows it, runs one script, and can write comments and nothing else", () => {
    expect(jobs.deploy?.outputs).toEqual({ url: expression("steps.deploy.outputs.url") });
    const { tell } = jobs;
    expect(tell).toMatchObject({ needs: ["deploy"], permissions: { "pull-requests": "write" } });
    // Without a condition it is skipped where the preview is, as for a fork.
    expect(tell).not.toHaveProperty("if");
    expect(tell).not.toHaveProperty("environment");
    expect(tell?.steps.map(({ uses, env }) => [uses, env?.ADDRESS])).toEqual([
      [undefined, expression("needs.deploy.outputs.url")],
    ]);
    expect(JSON.stringify(tell)).not.toContain("secrets.");
    expect(JSON.stringify(jobs.deploy)).not.toContain("pull-requests");
  });
});

describe("a deployment whose token nobody has set", () => {
  it("says what to do", () => {
    const step = deployWorkflow(pagesSite()).jobs.deploy?.steps.at(-1);
    const env = { ...process.env, CLOUDFLARE_API_TOKEN: "not-set-yet" };
    expect(() => execFileSync("bash", ["-c", step?.run ?? ""], { env, stdio: "pipe" })).toThrow();
    expect(step?.run).toContain("gh secret set CLOUDFLARE_API_TOKEN");
  });
});

describe("workflow text", () => {
  it("refuses an expression in a script", () => {
    const workflow = deployWorkflow(pagesSite());
    const step = { name: "Greet", run: `echo ${expression("github.event.pull_request.title")}` };
    const job = { "runs-on": "ubuntu-24.04", "timeout-minutes": 1, steps: [step] };
    expect(() => workflowYaml({ ...workflow, jobs: { greet: job } })).toThrow(
      'Workflow "Deploy to Cloudflare Pages": job greet, step "Greet": an expression in a shell script can run what an event says; pass it through env',
    );
  });

  it("is checked by a parser that finds mistakes", async () => {
    const text = workflowYaml(rollbackWorkflow({ kind: "variable" }));
    expect(await workflowErrors(text.replace("runs-on", "run-on"))).not.toEqual([]);
    expect(await workflowErrors(text.replace("secrets.CLOUDFLARE", "secretz.CLOUDFLARE"))).not.toEqual([]);
  });
});

describe("Renovate configuration", () => {
  const configuration = JSON.parse(renovateConfiguration());

  it("merges minor and patch updates on Sundays and labels major ones", () => {
    expect(configuration.schedule).toEqual(["* * * * 0"]);
    expect(configuration.packageRules).toContainEqual(
      expect.objectContaining({ matchUpdateTypes: ["minor", "patch"], automerge: true }),
    );
    expect(configuration.packageRules).toContainEqual(
      expect.objectContaining({
        matchUpdateTypes: ["major"],
        automerge: false,
        labels: ["dependencies", "major-update"],
      }),
    );
  });
});
