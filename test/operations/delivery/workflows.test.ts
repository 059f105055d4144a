import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadCommand } from "../../../cli/commands";
import { longFlag } from "../../../cli/options";
import { dailyWorkflows, variableSuffix } from "../../../components/delivery/delivery-plan";
import { pinnedActions, pinnedTools } from "../../../components/github-actions/pinned-actions";
import { expression, type Step, workflowYaml } from "../../../components/github-actions/workflow";
import { alaiDeliveryFiles } from "../../../stacks/alai/delivery";
import { stackDefinition } from "../../../stacks/registry";
import { workflowErrors } from "../../components/workflow-parsing";
import { jobNamed, plan, started, written } from "./workflow-fixture";

const root = join(__dirname, "../../..");
/** The texts of all workflows, by file name. */
const texts = new Map(written.map(([name, workflow]) => [name, workflowYaml(workflow)]));
describe("the files of this repository", () => {
  it("are what the program says (else: npm run generate)", () => {
    for (const [path, text] of Object.entries(alaiDeliveryFiles())) {
      expect(readFileSync(join(root, path), "utf8"), path).toBe(text);
    }
  });

  it("name each workflow that begins by itself, so that somebody notices when it no longer does", () => {
    const scheduled = written.filter(([, workflow]) => "schedule" in workflow.on).map(([name]) => name);
    expect([...dailyWorkflows].sort()).toEqual(scheduled.sort());
  });

  it("are all of its workflows", () => {
    expect(readdirSync(join(root, ".github/workflows")).sort()).toEqual([...texts.keys()].sort());
  });
});

describe.each(written)("%s", (_name, workflow) => {
  const text = workflowYaml(workflow);
  const jobs = Object.entries(workflow.jobs).flatMap(([name, job]) => ("steps" in job ? [[name, job] as const] : []));
  const steps: readonly Step[] = jobs.flatMap(([, job]) => job.steps);

  it("is accepted by GitHub's parser and its schema, with what it tells those it calls, without a warning", async () => {
    expect(await workflowErrors(text, texts)).toEqual([]);
  });

  it("says the same after it was read back, and repeats itself where YAML would refer", () => {
    expect(parse(text)).toEqual(JSON.parse(JSON.stringify(workflow)));
    expect(text).not.toMatch(/[&*]a\d/);
  });

  it("pins every action by commit, in the one file of pins", () => {
    const pins: readonly string[] = Object.values(pinnedActions);
    for (const { uses } of steps) {
      if (uses === undefined) continue;
      expect(uses).toMatch(/^[\w./-]+@[0-9a-f]{40}$/);
      expect(pins).toContain(uses);
    }
  });

  it("grants nothing to the workflow, and states what each job gets", () => {
    expect(workflow.permissions).toEqual({});
    for (const [name, job] of Object.entries(workflow.jobs)) {
      expect(job.permissions, name).toBeDefined();
      expect(job.permissions?.contents, name).not.toBe("write");
    }
  });

  it("has scripts that a shell can parse, and no text of an event in them", () => {
    for (const { run } of steps) {
      if (run === undefined) continue;
      expect(run).not.toContain("${{");
      expect(() => execFileSync("bash", ["-n"], { input: run })).not.toThrow();
    }
  });

  it("never runs a pull request's code with the repository's own rights", () => {
    expect(Object.keys(workflow.on)).not.toContain("pull_request_target");
    expect(Object.keys(workflow.on)).not.toContain("workflow_run");
  });

  it("takes no .npmrc from the repository, runs no package's scripts and keeps nothing in a cache", () => {
    for (const step of steps) {
      if (step.uses === pinnedActions.setupNode)
        expect(step.with).toEqual({ "node-version": pinnedTools.node, "package-manager-cache": false });
      if (step.uses === pinnedActions.tailscale) expect(step.with).toMatchObject({ "use-cache": "false" });
      for (const install of step.run?.match(/npm (ci|install|i) .*/g) ?? [])
        expect(install).toContain("--ignore-scripts");
    }
    expect(text).not.toContain("actions/cache@");
    const install = steps.find(({ name }) => name === "Install packages")?.run;
    if (install === undefined) return;
    const inside = (prepare: string) =>
      exitCodeOf(`cd "$(mktemp -d)"; ${prepare}; npm() { return 0; }\n${install}`, {});
    expect([
      inside("true"),
      inside("echo 'node-options=--require ./x' > .npmrc"),
      inside("ln -s /nowhere .npmrc"),
    ]).toEqual([0, 1, 1]);
  });

  it("keeps no secret: identities come from GitHub's word, tokens from the vault", () => {
    expect(text).not.toContain("secrets.");
    expect(text).not.toMatch(/^\s+secrets:/m);
    const signsIn = steps.filter(({ uses }) => uses === pinnedActions.azureLogin);
    for (const step of signsIn) expect(Object.keys(step.with ?? {})).not.toContain("creds");
  });

  it("may ask for an identity only in jobs that sign in", () => {
    for (const [name, job] of jobs) {
      const signsIn = job.steps.some(({ uses }) => uses === pinnedActions.azureLogin);
      expect(job.permissions?.["id-token"] === "write", name).toBe(signsIn);
    }
  });

  it("leaves no token of a checkout behind, and ends in time", () => {
    for (const step of steps) {
      if (step.uses === pinnedActions.checkout) expect(step.with).toMatchObject({ "persist-credentials": false });
    }
    for (const [, job] of jobs) expect(job["timeout-minutes"]).toBeLessThanOrEqual(180);
  });

  it("calls commands that exist, with options that they have", () => {
    const scripts: Readonly<Record<string, unknown>> = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    ).scripts;
    const lines = steps.flatMap(({ run }) => run?.replaceAll("\\\n", " ").split("\n") ?? []);
    for (const line of lines) {
      const [, name, options = ""] = /npm run (?:-s )?([\w-]+)(?: -- (.*))?/.exec(line) ?? [];
      if (name === undefined) continue;
      expect(Object.keys(scripts)).toContain(name);
      if (name === "test") continue;
      const known = Object.values(loadCommand(name).options).map(longFlag);
      for (const [option] of options.matchAll(/--[a-z-]+/g)) expect(known, `${name} ${option}`).toContain(option);
    }
  });
});
describe("preview", () => {
  const previews = plan.stacks.map(({ name }) => [name, jobNamed("preview.yml", `preview-${name} / preview`)] as const);

  it.each(previews)("of %s gives a fork nothing and its own identity the right to look", (name, job) => {
    expect(job.if).toContain("github.event.pull_request.head.repo.full_name == github.repository");
    expect(job.environment).toBeUndefined();
    const login = job.steps.find(({ uses }) => uses === pinnedActions.azureLogin);
    expect(login?.with?.["client-id"]).toContain(`AZURE_PREVIEW_CLIENT_ID_${variableSuffix(name)}`);
    expect(JSON.stringify(job)).not.toMatch(/DEPLOY_CLIENT_ID|deploy-/);
  });

  it("gives jobs that run for forks no identity and no variable of ours", () => {
    for (const name of ["affected", "result"]) {
      const job = jobNamed("preview.yml", name);
      expect(JSON.stringify(job)).not.toContain("vars.");
      expect(Object.keys(job.permissions ?? {})).not.toContain("id-token");
    }
    expect(JSON.stringify(jobNamed("test.yml", "test"))).not.toContain("vars.");
  });

  it("is decided by the base branch's code, which only reads what is proposed", () => {
    const { steps } = jobNamed("preview.yml", "result");
    const checkouts = steps.filter(({ uses }) => uses === pinnedActions.checkout).map((step) => step.with ?? {});
    expect(checkouts).toMatchObject([
      { ref: expression("github.event.pull_request.base.sha") },
      { path: "proposed", "persist-credentials": false },
    ]);
    expect(steps.flatMap(({ run }) => run ?? []).join("\n")).not.toMatch(/cd proposed|--cwd|--prefix/);
  });

  it.each([
    ["nothing is affected", "[]", { affected: "success", "preview-dev": "skipped" }, "false", 0],
    ["all previews passed", '["dev"]', { affected: "success", "preview-dev": "success" }, "true", 0],
    ["a preview failed", '["dev"]', { affected: "success", "preview-dev": "failure" }, "true", 1],
    ["another preview was cancelled", '["dev"]', { "preview-dev": "success", "preview-prod": "cancelled" }, "true", 1],
    ["nobody said what is affected", "", { affected: "success" }, "true", 1],
    ["the title is wrong", "exit 2", { affected: "success", "preview-dev": "success" }, "true", 2],
    [
      "the pull request said that a stack is not affected",
      '["dev"]',
      { affected: "success", "preview-dev": "skipped" },
      "true",
      1,
    ],
    ["the pull request took the preview out of the workflow", '["prod"]', { affected: "success" }, "true", 1],
    ["a fork affects a stack", '["dev"]', { affected: "success", "preview-dev": "success" }, "false", 1],
  ])("decides right when %s", (_what, stacks, results, OWN_BRANCH, expected) => {
    const script = jobNamed("preview.yml", "result").steps.at(-1)?.run ?? "exit 99";
    const npm = stacks.startsWith("exit") ? `return ${stacks.slice(5)}` : `echo '${stacks}'`;
    const JOBS = JSON.stringify(Object.fromEntries(Object.entries(results).map(([job, result]) => [job, { result }])));
    expect(exitCodeOf(`npm() { ${npm}; }\n${script}`, { JOBS, OWN_BRANCH, BASE: "b", TITLE: "t" })).toBe(expected);
  });
});
describe("up", () => {
  it("applies prod only what was planned, approved and is unchanged", () => {
    const planning = jobNamed("up.yml", "up-prod / plan");
    expect(planning.environment).toBeUndefined();
    expect(JSON.stringify(planning)).not.toContain("DEPLOY_CLIENT_ID");
    const applying = jobNamed("up.yml", "up-prod / apply");
    expect(applying).toMatchObject({ environment: "prod", needs: ["affected", "up-prod / plan"] });
    const names = applying.steps.map(({ name }) => name);
    expect(names.indexOf("Somebody approved this run, and nobody could have skipped it")).toBeLessThan(
      names.indexOf("Sign in to Azure"),
    );
    const apply = applying.steps.at(-1);
    expect(apply?.run).toContain('--approved-plan .report/plan.json --approved-digest "$DIGEST"');
    expect(apply?.env?.DIGEST).toBe(expression("needs.plan.outputs.digest"));
  });

  it("keeps the plan, before and after approval, where git does not see it: it would be a change of the program", () => {
    const kept = jobNamed("up.yml", "up-prod / plan").steps.at(-1)?.with?.path;
    const fetched = jobNamed("up.yml", "up-prod / apply").steps.find(({ name }) => name === "Fetch the approved plan")
      ?.with?.path;
    expect(fetched).toBe(kept);
    expect(execFileSync("git", ["check-ignore", `${kept}/plan.json`], { encoding: "utf8" })).toBe(
      `${kept}/plan.json\n`,
    );
  });

  it("plans again by itself when the plan was refused, in a job without any identity", () => {
    const again = jobNamed("up.yml", "up-prod / again");
    expect(again.if).toContain("needs.apply.outputs.refused == 'true'");
    expect(again.permissions).toEqual({ actions: "write" });
    expect(again.steps[0]?.run).toContain("gh workflow run up.yml");
    const script = jobNamed("up.yml", "up-prod / apply").steps.at(-1)?.run ?? "";
    expect(refusedBy(script, 7)).toEqual({ exitCode: 7, output: "refused=true\n" });
    expect(refusedBy(script, 5)).toEqual({ exitCode: 5, output: "" });
    expect(refusedBy(script, 0)).toEqual({ exitCode: 0, output: "" });
  });

  it("works on a stack in one run at a time, and cancels none", () => {
    const applying = started.jobsOf("up.yml").filter(([name]) => name.endsWith(" / apply"));
    expect(applying.map(([name, { concurrency }]) => [name, concurrency])).toEqual(
      plan.stacks.map(({ name }) => [`up-${name} / apply`, { group: `stack-${name}`, "cancel-in-progress": false }]),
    );
  });

  it("keeps a stack's state where the stacks are that it reads, since a stack reference reaches no other backend", () => {
    const backendOf = (stack: string) => jobNamed("up.yml", `up-${stack} / apply`).env?.PULUMI_BACKEND_URL;
    for (const { name } of plan.stacks) {
      for (const other of stackDefinition(name).readsFrom) expect(backendOf(name)).toBe(backendOf(other));
    }
    expect([backendOf("dev"), backendOf("prod"), backendOf("hosts")]).toEqual([
      "azblob://dev",
      "azblob://prod",
      "azblob://prod",
    ]);
  });

  it("deploys dev at once, and hosts only when nothing of prod failed", () => {
    expect(jobNamed("up.yml", "up-dev / apply")).toMatchObject({ needs: ["affected"], environment: "dev" });
    const hosts = jobNamed("up.yml", "up-hosts / plan");
    expect(hosts.needs).toEqual(["affected", "up-prod"]);
    expect(hosts.if).toContain(`contains(fromJSON('["success","skipped"]'), needs.up-prod.result)`);
  });
});

describe("Renovate", () => {
  it("finds every pin, and leaves the generated workflows alone", () => {
    const { customManagers, packageRules } = JSON.parse(readFileSync(join(root, "renovate.json"), "utf8"));
    const [{ matchStrings }]: [{ matchStrings: string[] }] = customManagers;
    const text = readFileSync(join(root, "components/github-actions/pinned-actions.ts"), "utf8");
    const found = matchStrings.flatMap((pattern) => [...text.matchAll(new RegExp(pattern, "g"))]);
    const digests = found.flatMap(({ groups }) => groups?.currentDigest ?? []);
    expect(digests.sort()).toEqual(
      Object.values(pinnedActions)
        .map((pin) => pin.slice(-40))
        .sort(),
    );
    for (const { groups } of found) {
      expect(groups).toMatchObject({
        datasource: expect.stringMatching(/^(github-tags|npm)$/),
        depName: expect.any(String),
        currentValue: expect.stringMatching(/^v?\d+\.\d+\.\d+$/),
      });
    }
    expect(packageRules).toContainEqual(expect.objectContaining({ matchManagers: ["github-actions"], enabled: false }));
  });
});
function exitCodeOf(script: string, environment: Readonly<Record<string, string>>): number | null {
  try {
    execFileSync("bash", ["-e"], { input: script, env: { ...process.env, ...environment }, stdio: "pipe" });
    return 0;
  } catch (error) {
    return error instanceof Error && "status" in error && typeof error.status === "number" ? error.status : null;
  }
}
/** Runs the step with an npm that ends with a code, and reads what it told later jobs. */
function refusedBy(script: string, code: number): { exitCode: number | null; output: string } {
  const wrapped = `GITHUB_OUTPUT="$(mktemp)"\nnpm() { return ${code}; }\ntrap 'cat "$GITHUB_OUTPUT" >&3' EXIT\n${script}`;
  const read = { output: "", exitCode: 0 as number | null };
  try {
    read.output = execFileSync("bash", ["-c", `exec 3>&1 1>&2; ${wrapped}`], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    if (!(error instanceof Error && "status" in error && "stdout" in error)) throw error;
    read.exitCode = typeof error.status === "number" ? error.status : null;
    read.output = String(error.stdout);
  }
  return read;
}
describe("the key with which machines are reached", () => {
  const withKey = started.jobs.filter(({ job }) => job.steps.some(({ run }) => run?.includes("ssh-add") ?? false));

  it("is taken by jobs that deploy to machines, in a protected environment, and by no other", () => {
    expect(withKey.length).toBeGreaterThan(0);
    for (const { job } of withKey) expect(job.environment).toBeDefined();
    expect([...new Set(withKey.map(({ file }) => file))].sort()).toEqual(["break-glass.yml", "up.yml"]);
    const secrets = withKey.flatMap(({ job }) => job.steps.map(({ env }) => env?.SSH_KEY_SECRET)).filter(Boolean);
    expect([...new Set(secrets)]).toEqual(["deploy-hosts-ssh-key"]);
  });

  it("goes to an agent, and to no file", () => {
    const step = withKey[0]?.job.steps.find(({ run }) => run?.includes("ssh-add"));
    expect(step?.run).toMatch(/--output tsv \| ssh-add -q -$/m);
    expect(step?.run).not.toContain("GITHUB_OUTPUT");
  });
});
