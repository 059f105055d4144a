import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { describe, expect, it } from "vitest";
import { previewEnvironment } from "../../../components/delivery/delivery-plan";
import { expression, type Job } from "../../../components/github-actions/workflow";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { previewedSystems, previewLabel, systemPreviewLabel } from "../../../stacks/registry";
import { jobNamed, started } from "./workflow-fixture";

const inventory = loadAlaiInventory();
const file = "preview-environment.yml";
/** Each call of a system's preview environment, with both jobs of what is called: one deploys it, one destroys it. */
const calls = previewedSystems.flatMap((previewed) =>
  ["up", "destroy"].map((what) => {
    const call = `${what}-${previewed.system}`;
    const called = started.named(file).jobs[call];
    const jobs = ["up", "destroy"].map((name) => ({ name, job: jobNamed(file, `${call} / ${name}`) }));
    return { ...previewed, jobs, inputs: called !== undefined && "with" in called ? called.with : {} };
  }),
);
const all = calls.flatMap(({ jobs }) => jobs.map(({ job }) => job));
const affected = jobNamed(file, "affected");
const reap = jobNamed("preview-reaper.yml", "reap");

/** What GitHub's own evaluator makes of a job's condition. */
function runs({ if: condition = "" }: Job, github: object, more: object = {}): boolean {
  const text = condition.replace(/^\$\{\{|\}\}$/g, "").replaceAll("!cancelled()", "true");
  const parsed = new Parser(new Lexer(text).lex().tokens, ["github", "needs", "inputs"], []).parse();
  const context = JSON.parse(JSON.stringify({ github, ...more }), data.reviver);
  return new Evaluator(parsed, context).evaluate().coerceString() === "true";
}

/** What happens to which system's preview after an event, when the pull request affects these systems. */
function outcomesOf(github: object, systems: readonly string[] = []): readonly string[] {
  const looked = runs(affected, github);
  const outputs = { systems: looked ? JSON.stringify(systems) : "" };
  const needs = { affected: { result: looked ? "success" : "skipped", outputs } };
  return calls.flatMap(({ system, jobs, inputs }) =>
    jobs.flatMap(({ name, job }) => (runs(job, github, { needs, inputs }) ? [`${name} ${system}`] : [])),
  );
}

/** A pull request's event, as GitHub describes it to a workflow. */
function event(action: string, labels: readonly string[], label?: string, from = "alai-org/alai-infra") {
  const state = action === "closed" ? "closed" : "open";
  const pull_request = {
    number: 12,
    state,
    head: { repo: { full_name: from } },
    labels: labels.map((name) => ({ name })),
  };
  return {
    repository: "alai-org/alai-infra",
    event: { action, pull_request, ...(label === undefined ? {} : { label: { name: label } }) },
  };
}

describe("the preview environments of a pull request", () => {
  const own = systemPreviewLabel("kimberly");
  const two = ["kimberly", "latticeforge"];
  const everywhere = (what: string) => previewedSystems.map(({ system }) => `${what} ${system}`);

  it("do not come back when a closed one is labelled", () => {
    const github = event("labeled", [previewLabel, own], previewLabel);
    const pull_request = { ...github.event.pull_request, state: "closed" };
    expect(outcomesOf({ ...github, event: { ...github.event, pull_request } }, two)).toEqual([]);
  });

  it.each<[string, object, readonly string[]]>([
    ["gets the label", event("labeled", [previewLabel], previewLabel), ["up kimberly", "up latticeforge"]],
    ["gets a system's label", event("labeled", [own], own), ["up kimberly"]],
    ["gets a system's label beside the other", event("labeled", [previewLabel, own], own), ["up kimberly"]],
    ["gets another label", event("labeled", [previewLabel, own, "urgent"], "urgent"), []],
    ["gets only another label", event("labeled", ["urgent"], "urgent"), []],
    ["is pushed to", event("synchronize", [previewLabel]), ["up kimberly", "up latticeforge"]],
    ["is pushed to with a system's label", event("synchronize", [own]), ["up kimberly"]],
    ["is pushed to without a label", event("synchronize", []), []],
    ["is opened again", event("reopened", [previewLabel]), ["up kimberly", "up latticeforge"]],
    ["loses the label", event("unlabeled", [], previewLabel), everywhere("destroy")],
    [
      "loses the label and keeps a system's",
      event("unlabeled", [own], previewLabel),
      everywhere("destroy").filter((each) => each !== "destroy kimberly"),
    ],
    ["loses a system's label", event("unlabeled", [], own), ["destroy kimberly"]],
    ["loses a system's label and keeps the other", event("unlabeled", [previewLabel], own), []],
    ["loses another label", event("unlabeled", [previewLabel, own], "urgent"), []],
    ["is closed", event("closed", [previewLabel]), everywhere("destroy")],
    ["is closed with a system's label", event("closed", [own]), ["destroy kimberly"]],
    ["is closed without a label", event("closed", ["urgent"]), []],
    ["comes from a fork", event("labeled", [previewLabel, own], previewLabel, "stranger/alai-infra"), []],
    ["of a fork is closed", event("closed", [previewLabel, own], undefined, "stranger/alai-infra"), []],
  ])("when it %s", (_what, github, expected) => {
    expect(outcomesOf(github, two)).toEqual(expected);
  });

  it("are stacks of the pull request's number, and nothing else of the event is used", () => {
    const number = expression("github.event.pull_request.number");
    for (const { prefix, jobs } of calls) {
      for (const { job } of jobs) {
        expect(job.env?.STACK).toBe(`${prefix}${number}`);
        // By one job at a time, none of them cancelled midway.
        expect(job.concurrency).toEqual({ group: `stack-${prefix}${number}`, "cancel-in-progress": false });
      }
    }
    const scripts = all.flatMap(({ steps }) => steps.map(({ env, run }) => JSON.stringify([env, run])));
    expect(scripts.join()).not.toContain("github.event");
  });

  it("take the place of no other event's that wait", () => {
    expect(started.named(file).concurrency.group).toContain("github.run_id");
  });

  it("are destroyed by the branch's own program, and looked for without an identity", () => {
    const destroying = calls.flatMap(({ jobs }) => jobs.filter(({ name }) => name === "destroy"));
    for (const { job } of destroying) expect(job.steps[0]?.with).toMatchObject({ ref: "main" });
    expect(affected.permissions).toEqual({ contents: "read" });
    expect(affected.environment).toBeUndefined();
  });

  it("are deployed with their own identity: no tailnet, no token, no other environment", () => {
    for (const job of [...all, reap]) {
      expect(job.environment).toBe(previewEnvironment);
      const text = JSON.stringify(job);
      const variables = [...text.matchAll(/vars\.(\w+)/g)].map(([, name]) => name);
      expect([...new Set(variables)].sort()).toEqual([
        "AZURE_DEPLOY_CLIENT_ID_PREVIEW",
        "AZURE_SUBSCRIPTION_ID_PREVIEW",
        "AZURE_TENANT_ID",
        "STATE_ACCOUNT",
      ]);
      expect(job.env?.PULUMI_BACKEND_URL).toBe("azblob://preview");
      expect(text).not.toContain("tailscale");
    }
  });

  it("have their labels and their environment in the inventory", () => {
    const repository = inventory.repositories.repositories.find(({ name }) => name === inventory.pipelines.repository);
    const labels = [previewLabel, ...previewedSystems.map(({ system }) => systemPreviewLabel(system))];
    expect(repository?.labels.map(({ name }) => name)).toEqual(expect.arrayContaining(labels));
    expect(repository?.environments).toContainEqual({
      ...{ name: previewEnvironment, selfReview: false, secrets: [] },
      branches: ["main", "refs/pull/*/merge"],
    });
  });
});

describe("the reaper", () => {
  it("comes every night at an odd minute, and only with the branch's program", () => {
    const [schedule] = [started.named("preview-reaper.yml").on.schedule].flat();
    expect(schedule).toEqual({ cron: expect.stringMatching(/^[1-5]?[13579] \d+ \* \* \*$/) });
    expect(runs(reap, { ref: "refs/heads/main" })).toBe(true);
    expect(runs(reap, { ref: "refs/heads/other" })).toBe(false);
    expect(reap.permissions).toMatchObject({ "pull-requests": "read", contents: "read" });
  });
});
