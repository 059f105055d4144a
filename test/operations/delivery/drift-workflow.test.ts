import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { pinnedActions } from "../../../components/github-actions/pinned-actions";
import { expression } from "../../../components/github-actions/workflow";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { jobNamed, plan, started } from "./workflow-fixture";

describe("drift", () => {
  it("is looked for every day at an odd minute", () => {
    // Mondays are an entry of their own: they have the digest.
    expect([started.named("drift.yml").on.schedule].flat()).toEqual([
      { cron: expect.stringMatching(/^[1-5]?[13579] \d+ \* \* 1$/) },
      { cron: expect.stringMatching(/^[1-5]?[13579] \d+ \* \* 0,2-6$/) },
    ]);
  });

  it("is looked for in every stack, and what is found in one ends no other", () => {
    const jobs = started.jobsOf("drift.yml").map(([name]) => name);
    expect(jobs).toEqual([...plan.stacks.map(({ name }) => `drift (${name})`), "digest"]);
    expect(started.named("drift.yml").jobs.drift).toMatchObject({ strategy: { "fail-fast": false } });
  });
});
describe("the digest of the week", () => {
  const mondays = expression(
    "!cancelled() && (github.event.schedule == '17 4 * * 1' || github.event_name == 'workflow_dispatch')",
  );

  it("is made of what each stack's job read, also where drift was found, and told the team alone", () => {
    const { steps } = jobNamed("drift.yml", "drift (prod)");
    const own = steps.filter(({ if: when }) => when === mondays);
    expect(own.map(({ run, uses }) => run ?? uses)).toEqual([
      'npm run -s status -- --stack "$STACK" --engine pulumi --json > report.tmp\nmv report.tmp "$RUNNER_TEMP/$STACK.json"\n',
      pinnedActions.uploadArtifact,
    ]);
    const digest = jobNamed("drift.yml", "digest");
    expect(digest.if).toContain("github.ref == 'refs/heads/main'");
    expect(digest.steps[0]?.with).toMatchObject({ "fetch-depth": 0 });
    expect(digest.steps.at(-1)).toMatchObject({
      run: 'npm run status -- --digest "$REPORTS"\n',
      env: { DRIFT_SLACK_WEBHOOK: expression("steps.alarms.outputs.team") },
    });
  });
});
describe("the alarms of drift", () => {
  const job = jobNamed("drift.yml", "drift (prod)");
  const read = job.steps.find(({ id }) => id === "alarms")?.run ?? "exit 99";
  const lookFor = job.steps.find(({ run }) => run?.includes("npm run drift"));

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
      TAILSCALE_OAUTH_CLIENT_ID: expression("vars.TAILNET_PREVIEW_CLIENT_ID"),
      TAILSCALE_AUDIENCE: `api.tailscale.com/${expression("vars.TAILNET_PREVIEW_CLIENT_ID")}`,
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
