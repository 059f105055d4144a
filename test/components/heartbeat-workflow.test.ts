import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { workflowYaml } from "../../components/github-actions/workflow";
import { heartbeatSettings, heartbeatWorkflow, polling } from "../../components/heartbeat/heartbeat-workflow";
import { heartbeatSchema } from "../../components/heartbeat/schema";
import { expectValidWorkflow } from "./workflow-parsing";

const entry = heartbeatSchema.parse({
  name: "anvil",
  repository: "alai-infra",
  runbook: "https://docs.example.com/anvil",
});
const workflow = heartbeatWorkflow(entry);
const text = workflowYaml(workflow);
const watch = workflow.jobs.watch;

describe("heartbeat workflow", () => {
  it("is accepted by GitHub's parser", () => expectValidWorkflow(text));

  it("runs every five minutes at odd minutes, one run at a time, and never cuts a run short", () => {
    expect(parse(text).on.schedule).toEqual([{ cron: "3-59/5 * * * *" }]);
    expect(workflow.concurrency).toEqual({ group: "heartbeat-anvil", "cancel-in-progress": false });
  });

  it("polls often enough to alert within two and a half minutes", () => {
    const slowestAlert = entry.alertAfter * polling.intervalSeconds + 10;
    expect(slowestAlert).toBeLessThan(150);
  });

  it("polls until the next run starts, and ends before its time limit", () => {
    expect(polling.polls * polling.intervalSeconds).toBe(300);
    expect(watch?.["timeout-minutes"]).toBe(8);
  });

  it("may do what it needs and no more", () => {
    expect(workflow.permissions).toEqual({});
    expect(watch?.permissions).toEqual({ actions: "write", contents: "read", issues: "write" });
  });

  it("reads its secrets by name and passes them through the environment only", () => {
    const settings = heartbeatSettings("anvil");
    expect(settings.url).toBe("HEARTBEAT_ANVIL_URL");
    const step = watch?.steps.find(({ name }) => name === "Watch");
    expect(step?.env?.HEALTH_URL).toContain("secrets.HEARTBEAT_ANVIL_URL");
    expect(step?.run).toBe("node .github/heartbeat/anvil.mjs");
  });
});

describe("heartbeat entry", () => {
  it("alerts after 2 and escalates after 5 in #ops unless told otherwise", () => {
    expect(entry).toMatchObject({ alertAfter: 2, escalateAfter: 5, channel: "#ops", branch: "main" });
  });

  it("refuses an escalation that comes no later than the alert", () => {
    const result = heartbeatSchema.safeParse({ ...entry, alertAfter: 5, escalateAfter: 5 });
    expect(result.error?.issues[0]?.message).toBe("escalateAfter must be greater than alertAfter");
  });
});
