import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AppRelease, applicationFiles } from "../../components/app-release/app-release";
import { checkMigrations } from "../../components/app-release/checks";
import type { ApplicationPlan } from "../../components/app-release/schema";
import { releaseWorkflow } from "../../components/delivery/release-workflow";
import { pinnedActions } from "../../components/github-actions/pinned-actions";
import { expression, type Job, type Step, type WorkflowCall } from "../../components/github-actions/workflow";
import { Repository } from "../../components/repository/repository";
import { CommitQueue } from "../../components/repository/repository-files";
import { repositorySchema } from "../../components/repository/schema";
import { applicationPlan } from "../../stacks/alai/applications";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { stackDefinitions } from "../../stacks/registry";
import { plan as delivery } from "../operations/delivery/workflow-fixture";
import { runStep } from "./run-step";
import { lasting, SeededSandbox } from "./seeded-sandbox";

const inventory = loadAlaiInventory();
const plans = new Map(
  inventory.pipelines.applications.map((entry) => [entry.repository, applicationPlan(entry, inventory, "alai-org")]),
);
const latticeforge = planOf("latticeforge");

function planOf(name: string): ApplicationPlan {
  const found = plans.get(name);
  if (found === undefined) throw new Error(`there is no application ${name}`);
  return found;
}

function jobsOf(plan: ApplicationPlan, file: string): Readonly<Record<string, Job | WorkflowCall>> {
  const workflow = applicationFiles(plan)[file];
  if (workflow === undefined) throw new Error(`there is no ${file}`);
  return workflow.jobs;
}

/** Every job of every application that has steps of its own. */
const ownJobs = [...plans].flatMap(([name, plan]) =>
  Object.entries(applicationFiles(plan)).flatMap(([file, { jobs }]) =>
    Object.entries(jobs).flatMap(([job, described]) =>
      "steps" in described ? [{ name: `${name} ${file} ${job}`, job: described }] : [],
    ),
  ),
);

const runsTheRepository = ({ steps }: Job) => steps.some(({ uses }) => uses === pinnedActions.checkout);

describe("the workflows of applications", () => {
  it("give what runs the repository's code nothing but to read it, and to show what was found in it", () => {
    const running = ownJobs.filter(({ job }) => runsTheRepository(job));
    expect(running.length).toBeGreaterThan(15);
    for (const { name, job } of running) {
      const writes = Object.entries(job.permissions ?? {}).filter(([, level]) => level === "write");
      expect([name, writes]).toEqual([name, name.endsWith("codeql") ? [["security-events", "write"]] : []]);
      // The load test has a key of staging's, and the status of migrations asks GitHub what was deployed.
      const reads = new Set(JSON.stringify(job).match(/vars\.\w+|secrets\.\w+|github\.token/g));
      const may: Readonly<Record<string, string>> = { load: "secrets.LOAD_TEST_KEY", status: "github.token" };
      expect([name, [...reads]]).toEqual([name, [may[name.split(" ").at(-1) ?? ""] ?? []].flat()]);
    }
  });

  it("let what has rights run no code of the repository, and take only what was built before", () => {
    const entitled = ownJobs.filter(({ job }) => job.permissions?.["id-token"] === "write");
    expect(entitled.map(({ name }) => name).sort()).toEqual(
      [...plans.keys()].map((name) => `${name} deploy-staging.yml publish`).sort(),
    );
    for (const { job } of entitled) {
      expect(job.steps[0]).toMatchObject({ uses: pinnedActions.downloadArtifact });
      expect(runsTheRepository(job)).toBe(false);
      expect(job.needs).toEqual(["build"]);
    }
    const { jobs } = releaseWorkflow(delivery).workflow;
    const checkouts = Object.values(jobs).flatMap(({ steps }) =>
      steps.filter(({ uses }) => uses === pinnedActions.checkout),
    );
    expect(checkouts.map((step) => step.with)).toMatchObject([
      { repository: expect.stringMatching(/\/alai-infra$/), ref: "main" },
    ]);
  });

  it("sign in to the registry that the images are for", () => {
    const pushes = (name: string) => JSON.stringify(jobsOf(planOf(name), "deploy-staging.yml").publish);
    expect(pushes("latticeforge")).toContain("AZURE_BUILD_CLIENT_ID");
    expect(pushes("latticeforge")).not.toContain("packages");
    expect(pushes("kimberly")).not.toContain("AZURE_BUILD_CLIENT_ID");
    expect(pushes("kimberly")).toContain('"packages":"write"');
  });

  it("come to each stack after the one before, with the digests of one run, from an environment of its own", () => {
    const { find, prod, dr } = jobsOf(latticeforge, "deploy-production.yml");
    expect(find).toMatchObject({ if: expect.stringContaining("github.ref == 'refs/heads/main'") });
    const built = expression("needs.find.outputs.run");
    expect(prod).toMatchObject({
      needs: ["find"],
      with: { stack: "latticeforge-prod", environment: "prod", canary: true, built },
    });
    expect(dr).toMatchObject({
      needs: ["find", "prod"],
      with: { stack: "latticeforge-dr", environment: "dr", state: "latticeforge-prod", canary: false, built },
    });
    expect(jobsOf(latticeforge, "deploy-staging.yml").staging).toMatchObject({
      needs: ["publish"],
      with: { stack: "latticeforge-staging", built: expression("github.run_id") },
    });
  });

  it("know production by what it is, whatever its environment is called", () => {
    const stacks = stackDefinitions.map((stack) => {
      return stack.environment === "prod" ? { ...stack, environment: "production" } : stack;
    });
    const renamed = (name: string) => {
      const entry = inventory.pipelines.applications.find(({ repository }) => repository === name);
      if (entry === undefined) throw new Error(`there is no application ${name}`);
      return applicationPlan(entry, inventory, "alai-org", stacks);
    };
    expect(renamed("latticeforge").stages).toMatchObject([
      { environment: "staging", isProduction: false, canary: false },
      { environment: "production", isProduction: true, canary: true },
      // What stands by takes what ran in production, at once.
      { environment: "dr", isProduction: false, canary: false },
    ]);
    const { find } = jobsOf(renamed("betterworld"), "db-migrate.yml");
    expect(find).toMatchObject({
      steps: [{ env: { CONFIRM: expect.stringContaining("'production' && "), WANTED: "migrate-production" } }],
    });
  });

  it("check what the plans name, beside the database and the cache that they need", () => {
    const named = (name: string) => Object.keys(jobsOf(planOf(name), "ci.yml"));
    expect(named("latticeforge")).toEqual(["lint", "test", "migrations", "codeql", "image", "passed"]);
    expect(named("kimberly")).toEqual(["lint", "test", "integration", "image", "passed"]);
    expect(named("betterworld")).toEqual([
      ...["lint", "typecheck", "test", "integration", "build"],
      ...["migrations", "codeql", "image", "passed"],
    ]);
    const { integration, lint } = jobsOf(planOf("betterworld"), "ci.yml");
    expect(integration).toMatchObject({
      services: {
        postgres: { image: expect.stringMatching(/pgvector@sha256:/) },
        redis: { image: expect.stringMatching(/redis@sha256:/) },
      },
      env: { DATABASE_URL: "postgresql://postgres@localhost:5432/test", REDIS_URL: "redis://localhost:6379" },
    });
    expect(lint).not.toHaveProperty("services");
  });
});

function stepOf(jobs: Readonly<Record<string, Job | WorkflowCall>>, job: string, name: string): Step | undefined {
  const found = jobs[job];
  return found !== undefined && "steps" in found ? found.steps.find((step) => step.name.startsWith(name)) : undefined;
}

describe("the steps of applications' workflows", () => {
  const digest = `sha256:${"ab".repeat(32)}`;

  it.each([
    ["latticeforge", "", "lf.azurecr.io/api", "az acr login --name lf --only-show-errors"],
    ["kimberly", "ghcr.io", "ghcr.io/api", "docker login ghcr.io --username ada --password-stdin"],
  ])("push an image of %s where it belongs, and tell its digest", (application, host, name, signIn) => {
    const step = stepOf(jobsOf(planOf(application), "deploy-staging.yml"), "publish", "Push it");
    const docker = `echo "docker $*" >&2; [ "$1" = image ] && echo "other/api@sha256:00" && echo "${name}@${digest}"; true`;
    const env = { SERVICE: "api", REPOSITORY: "api", HOST: host, REVISION: "c0ffee", REGISTRY: "lf", ACTOR: "ada" };
    const run = runStep(step, env, { docker, az: 'echo "az $*" >&2' });
    expect(run.output).toBe(`name=${name}\ndigest=${digest}\n`);
    expect(readFileSync(join(run.directory, "digest", "api"), "utf8")).toBe(digest);
    expect(run.said).toContain(signIn);
    expect(run.said).toContain(`docker push --quiet ${name}:c0ffee`);
  });

  it("deploy to production only what is confirmed, has passed, and staging was given", () => {
    const step = stepOf(jobsOf(latticeforge, "deploy-production.yml"), "find", "It was confirmed");
    const env = { CONFIRM: "deploy-production", WANTED: "deploy-production", COMMIT: "c0ffee", BRANCH: "main" };
    const gh = (ci: string, staging: string) =>
      `case "$*" in *"--workflow ci.yml"*) echo "${ci}" ;; *"--workflow deploy-staging.yml"*) echo "${staging}" ;; esac`;
    expect(runStep(step, env, { gh: gh("7", "8") }).output).toBe("run=8\n");
    expect(runStep(step, { ...env, CONFIRM: "yes" }, { gh: gh("7", "8") })).toMatchObject({ status: 1, output: "" });
    expect(runStep(step, env, { gh: gh("", "8") }).said).toContain("checks of c0ffee have not passed");
    expect(runStep(step, env, { gh: gh("7", "") }).said).toContain("staging was not given c0ffee");
  });

  it("release every digest that was built, by the command that people use", () => {
    const step = Object.values(releaseWorkflow(delivery).workflow.jobs)[0]?.steps.find(
      ({ name }) => name === "Release",
    );
    const temporary = mkdtempSync(join(tmpdir(), "digests-"));
    mkdirSync(join(temporary, "digests"));
    writeFileSync(join(temporary, "digests", "api"), digest);
    writeFileSync(join(temporary, "digests", "web"), "sha256:x --override incident=mine");
    const { said } = runStep(
      step,
      { STACK: "s", CANARY: "--canary", RUNNER_TEMP: temporary },
      {
        npm: 'printf "<%s>" "$@"',
      },
    );
    // What is no digest stays one word: the command refuses it.
    expect(said).toBe(
      `<run><release><--><--stack><s><--engine><pulumi><--yes><--leave-state><--canary><--service><api><--digest><${digest}><--service><web><--digest><sha256:x --override incident=mine>`,
    );
  });

  it("tell the team's channel where somebody has set it, and release where nobody has, or it cannot be read", () => {
    const { steps = [] } = Object.values(releaseWorkflow(delivery).workflow.jobs)[0] ?? {};
    const step = steps.find(({ id }) => id === "channel");
    const read = (az: string) => runStep(step, { VAULT: "v", SECRET: "releases-slack-webhook" }, { az });
    const set = read(
      '[ "$*" = "keyvault secret show --vault-name v --name releases-slack-webhook --query value --output tsv" ] && echo https://hook',
    );
    expect([set.status, set.output, set.said]).toEqual([0, "webhook=https://hook\n", "::add-mask::https://hook\n"]);
    expect(read("echo not-set-yet")).toMatchObject({ status: 0, output: "webhook=\n", said: "" });
    const refused = read("echo Forbidden >&2; exit 1");
    expect(refused).toMatchObject({
      status: 0,
      output: "webhook=\n",
      said: expect.stringContaining("::warning::releases-slack-webhook"),
    });
    const release = steps.find(({ name }) => name === "Release");
    expect(release?.env).toMatchObject({ RELEASE_SLACK_WEBHOOK: expression("steps.channel.outputs.webhook") });
  });

  it("call a change good only when nothing before failed", () => {
    const step = stepOf(jobsOf(latticeforge, "ci.yml"), "passed", "Everything before");
    const ends = (RESULTS: string) => runStep(step, { RESULTS }, {}).status;
    expect([ends("success skipped"), ends("success failure"), ends("cancelled success")]).toEqual([0, 1, 1]);
  });
});

describe("the workflows that people start, and the clock", () => {
  const betterworld = planOf("betterworld");

  it("are those of the plans", () => {
    expect(Object.keys(applicationFiles(betterworld)).sort()).toEqual(
      ["ci", "db-migrate", "deploy-production", "deploy-staging", "load-test", "security"].map((name) => `${name}.yml`),
    );
    expect(Object.keys(applicationFiles(planOf("kimberly")))).not.toContain("db-migrate.yml");
    expect(applicationFiles(betterworld)["security.yml"]?.on).toMatchObject({ schedule: [{ cron: "0 8 * * 1" }] });
  });

  it("migrate by the release of the job that migrates alone, production's only when it was typed", () => {
    const jobs = jobsOf(betterworld, "db-migrate.yml");
    for (const environment of ["staging", "prod"])
      expect(jobs[environment]).toMatchObject({
        if: expression(`inputs.action == 'migrate' && inputs.environment == '${environment}'`),
        needs: ["find"],
        with: { service: "migrations", environment },
      });
    const step = stepOf(jobs, "find", "It was confirmed");
    const gh = "echo 7";
    const env = { COMMIT: "c0ffee", BRANCH: "main", WANTED: step?.env?.WANTED ?? "" };
    expect(runStep(step, { ...env, CONFIRM: "nothing" }, { gh })).toMatchObject({ status: 1, output: "" });
    expect(runStep(step, { ...env, CONFIRM: "migrate-prod" }, { gh }).output).toBe("run=7\n");
    // `a && '' || b` is b: an empty word must not do.
    expect(step?.env?.CONFIRM).toContain("(inputs.confirm || 'nothing')");
  });

  it("show what the weekly look found, also when that was enough to fail", () => {
    const { repository, show } = jobsOf(latticeforge, "security.yml");
    expect(show).toMatchObject({ needs: ["repository", "images"], if: expression("!cancelled()") });
    const kept = repository !== undefined && "steps" in repository ? repository.steps.at(-1) : undefined;
    expect(kept).toMatchObject({ if: expression("!cancelled()"), uses: pinnedActions.uploadArtifact });
  });
});

describe("the check of migrations", () => {
  /** Which lines of a migration that a pull request adds are refused. */
  function refusedLines(sql: string): string[] {
    const directory = mkdtempSync(join(tmpdir(), "migrations-"));
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
        cwd: directory,
        encoding: "utf8",
      });
    git("init", "--quiet");
    mkdirSync(join(directory, "migrations"));
    writeFileSync(join(directory, "migrations", "1.sql"), "DROP TABLE long_ago;\n");
    git("add", ".");
    git("commit", "--quiet", "--message", "before");
    const base = git("rev-parse", "HEAD").trim();
    writeFileSync(join(directory, "migrations", "2.sql"), sql);
    git("add", ".");
    git("commit", "--quiet", "--message", "after");
    const { status, stdout } = spawnSync("bash", ["-eo", "pipefail"], {
      input: checkMigrations,
      cwd: directory,
      env: { ...process.env, BASE: base, MIGRATIONS: "migrations" },
      encoding: "utf8",
    });
    const lines = [...stdout.matchAll(/^::error file=migrations\/2\.sql,line=(\d+)::/gm)].map(([, line = ""]) => line);
    expect(status === 0).toBe(lines.length === 0);
    return lines;
  }

  it("lets in what the running release bears", () => {
    const sql = `CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL);
ALTER TABLE users ADD COLUMN nick text;
ALTER TABLE users ADD COLUMN seen boolean NOT NULL DEFAULT false;
CREATE INDEX CONCURRENTLY notes_text ON notes (text);
-- drop column is what the next one does
INSERT INTO notes SELECT 1, 'x';
`;
    expect(refusedLines(sql)).toEqual([]);
  });

  it("refuses what it cannot bear, each at its line, unless the statement says why it is safe", () => {
    const sql = `ALTER TABLE users
  DROP COLUMN nick;

ALTER TABLE users RENAME COLUMN a TO b;
ALTER TABLE users ALTER COLUMN a TYPE bigint;
ALTER TABLE users ADD COLUMN c text NOT NULL;
alter table users alter column a set not null;
CREATE UNIQUE INDEX i ON users (a);
DROP TABLE notes; -- safe: too late, this is the next statement's
DROP TABLE others
  -- safe: nothing has read it since 1.4
;
`;
    expect(refusedLines(sql)).toEqual(["1", "4", "5", "6", "7", "8", "9"]);
  });
});

describe("AppRelease", () => {
  it("writes workflows, rules and subjects into the application's repository, twice the same", async () => {
    const sandbox = new SeededSandbox();
    await sandbox.upTwice(() => {
      const repository = new Repository("latticeforge", {
        context: lasting,
        repository: repositorySchema.parse({ name: "latticeforge", visibility: "private", adopt: true }),
      });
      new AppRelease("latticeforge", {
        repository: repository.repositoryName,
        application: latticeforge,
        commits: new CommitQueue(),
        owners: { team: 3000001, people: 2 },
        rulesets: "offered",
        deployingApp: 600001,
      });
    });
    const inputsOf = async (type: string) =>
      (await sandbox.resources(`github:index/${type}`)).get("latticeforge")?.inputs;
    expect(await inputsOf("repositoryRuleset:RepositoryRuleset")).toMatchObject({
      rules: {
        requiredStatusChecks: { requiredChecks: [{ context: "CI", integrationId: 15368 }] },
        pullRequest: { requiredReviewers: [{ filePatterns: [".github/**/*"] }] },
      },
    });
    expect(await inputsOf("actionsRepositoryPermissions:ActionsRepositoryPermissions")).toMatchObject({
      shaPinningRequired: true,
      allowedActionsConfig: {
        patternsAlloweds: expect.arrayContaining(["alai-org/alai-infra/.github/workflows/release-app.yml@main"]),
      },
    });
    const template = "ActionsRepositoryOidcSubjectClaimCustomizationTemplate";
    expect(await inputsOf(`a${template.slice(1)}:${template}`)).toMatchObject({
      useDefault: false,
      includeClaimKeys: ["repository_owner_id", "repository_id", "context", "job_workflow_ref"],
    });
    const files = await sandbox.resources("github:index/repositoryFile:RepositoryFile");
    expect([...files.values()].map(({ inputs }) => inputs.file).sort()).toEqual(
      ["ci", "deploy-production", "deploy-staging", "security"].map((name) => `.github/workflows/${name}.yml`),
    );
  });
});
