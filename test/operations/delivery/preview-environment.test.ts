import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { describe, expect, it } from "vitest";
import { previewEnvironment } from "../../../components/delivery/delivery-plan";
import { expression, type Job } from "../../../components/github-actions/workflow";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { previewLabel } from "../../../stacks/registry";
import { jobNamed, started } from "./workflow-fixture";

const number = expression("github.event.pull_request.number");
const inventory = loadAlaiInventory();
const up = jobNamed("preview-environment.yml", "up");
const destroy = jobNamed("preview-environment.yml", "destroy");
const reap = jobNamed("preview-reaper.yml", "reap");

/** What GitHub's own evaluator makes of a job's condition. */
function runs({ if: condition = "" }: Job, github: object): boolean {
  const text = condition.replace(/^\$\{\{|\}\}$/g, "");
  const lexed = new Lexer(text).lex();
  const parsed = new Parser(lexed.tokens, ["github"], []).parse();
  const context = JSON.parse(JSON.stringify({ github }), data.reviver);
  return new Evaluator(parsed, context).evaluate().coerceString() === "true";
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

describe("the preview environment of a pull request", () => {
  it("does not come back when a closed one is labelled", () => {
    const github = event("labeled", [previewLabel], previewLabel);
    const pull_request = { ...github.event.pull_request, state: "closed" };
    expect(runs(up, { ...github, event: { ...github.event, pull_request } })).toBe(false);
  });

  it.each([
    ["gets the label", event("labeled", [previewLabel], previewLabel), "up"],
    ["gets another label", event("labeled", [previewLabel, "urgent"], "urgent"), "nothing"],
    ["gets only another label", event("labeled", ["urgent"], "urgent"), "nothing"],
    ["is pushed to", event("synchronize", [previewLabel]), "up"],
    ["is pushed to without the label", event("synchronize", []), "nothing"],
    ["is opened again", event("reopened", [previewLabel]), "up"],
    ["loses the label", event("unlabeled", [], previewLabel), "destroy"],
    ["loses another label", event("unlabeled", [previewLabel], "urgent"), "nothing"],
    ["is closed", event("closed", [previewLabel]), "destroy"],
    ["is closed without the label", event("closed", ["urgent"]), "nothing"],
    ["comes from a fork", event("labeled", [previewLabel], previewLabel, "stranger/alai-infra"), "nothing"],
    ["of a fork is closed", event("closed", [previewLabel], undefined, "stranger/alai-infra"), "nothing"],
  ])("when it %s", (_what, github, expected) => {
    const started = [runs(up, github) ? ["up"] : [], runs(destroy, github) ? ["destroy"] : []].flat();
    expect(started.join() || "nothing").toBe(expected);
  });

  it("is a stack of the pull request's number, and nothing else of the event is used", () => {
    for (const { env } of [up, destroy]) expect(env?.STACK).toBe(`pr-${number}`);
    const scripts = [up, destroy].flatMap(({ steps }) => steps.map(({ env, run }) => JSON.stringify([env, run])));
    expect(scripts.join()).not.toContain("github.event");
  });

  it("is worked on by one job at a time, none of them cancelled midway, and no other event takes the place of one that waits", () => {
    const concurrency = { group: `stack-pr-${number}`, "cancel-in-progress": false };
    for (const job of [up, destroy]) expect(job.concurrency).toEqual(concurrency);
    expect(started.named("preview-environment.yml").concurrency.group).toContain("github.run_id");
  });

  it("is destroyed by the branch's own program", () => {
    expect(destroy.steps[0]?.with).toMatchObject({ ref: "main" });
  });

  it("is deployed with its own identity: no tailnet, no token, no other environment", () => {
    for (const job of [up, destroy, reap]) {
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

  it("has its label and its environment in the inventory", () => {
    const repository = inventory.repositories.repositories.find(({ name }) => name === inventory.pipelines.repository);
    expect(repository?.labels.map(({ name }) => name)).toContain(previewLabel);
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
