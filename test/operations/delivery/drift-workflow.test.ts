import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { pinnedActions } from "../../../components/github-actions/pinned-actions";
import { expression } from "../../../components/github-actions/workflow";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { jobNamed, plan, started } from "./workflow-fixture";

describe("drift", () => {
  it("is looked for every day at an odd minute", () => {
    const [schedule] = [started.named("drift.yml").on.schedule].flat();
    expect(schedule).toEqual({ cron: expect.stringMatching(/^[1-5]?[13579] \d+ \* \* \*$/) });
  });

  it("is looked for in every stack, and what is found in one ends no other", () => {
    expect(started.jobsOf("drift.yml").map(([name]) => name)).toEqual(plan.stacks.map(({ name }) => `drift (${name})`));
    expect(started.named("drift.yml").jobs.drift).toMatchObject({ strategy: { "fail-fast": false } });
  });
});
describe("the alarms of drift", () => {
  const job = jobNamed("drift.yml", "drift (prod)");
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
