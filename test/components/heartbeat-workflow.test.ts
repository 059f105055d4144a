import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { workflowYaml } from "../../components/github-actions/workflow";
import { azureSchedule, detectionPromise, detectionTime, githubSchedule } from "../../components/heartbeat/detection";
import { heartbeatPaths, heartbeatSettings, heartbeatWorkflow } from "../../components/heartbeat/heartbeat-workflow";
import { heartbeatSchema } from "../../components/heartbeat/schema";
import { missingSettings } from "./watch-script-settings";
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

  it("polls until the next run starts, and ends before its time limit", () => {
    expect(githubSchedule.polls * githubSchedule.intervalSeconds).toBe(githubSchedule.everySeconds);
    expect(watch?.steps.at(-1)?.env).toMatchObject({ POLLS: "5", INTERVAL_SECONDS: "60", POLL_TIMEOUT_SECONDS: "10" });
    expect(watch?.["timeout-minutes"]).toBe(8);
  });

  it("may do what it needs and no more", () => {
    expect(workflow.permissions).toEqual({});
    expect(watch?.permissions).toEqual({ actions: "write", contents: "read", issues: "write" });
  });

  it("gives the script every setting that it reads, those of the other watcher and its own file's name too", () => {
    const watching = heartbeatWorkflow(entry, { watchesWatcher: true }).jobs.watch?.steps.at(-1);
    const notHere =
      /^(GITHUB_REPOSITORY|ACTIONS_ID_TOKEN_REQUEST_(URL|TOKEN)|CONTAINER_URL|IDENTITY_(ENDPOINT|HEADER))$/;
    expect(missingSettings(Object.keys(watching?.env ?? {}), notHere)).toEqual([]);
    expect(heartbeatPaths("anvil").workflow).toBe(`.github/workflows/${watching?.env?.WORKFLOW_FILE}`);
  });

  it("reads its secrets by name and passes them through the environment only", () => {
    const settings = heartbeatSettings("anvil");
    expect(settings.url).toBe("HEARTBEAT_ANVIL_URL");
    const step = watch?.steps.find(({ name }) => name === "Watch");
    expect(step?.env?.HEALTH_URL).toContain("secrets.HEARTBEAT_ANVIL_URL");
    expect(step?.run).toBe("node .github/heartbeat/anvil.mjs");
  });
});

describe("reaching the endpoint over the tailnet", () => {
  const reach = { github: { via: "tailnet", tag: "tag:watcher", url: "http://primary.example:8099/health" } } as const;
  const joined = heartbeatWorkflow(
    { ...entry, reach: { ...reach, azure: { via: "tunnel" } } },
    { watchesWatcher: true },
  );

  it("joins for the run without a key, and needs no secret address", async () => {
    await expectValidWorkflow(workflowYaml(joined));
    expect(joined.jobs.watch?.permissions).toMatchObject({ "id-token": "write" });
    const [, joining, watching] = joined.jobs.watch?.steps ?? [];
    expect(joining?.with).toMatchObject({ tags: "tag:watcher", audience: expect.stringContaining("vars.") });
    expect(watching?.env?.HEALTH_URL).toBe("http://primary.example:8099/health");
    expect(workflowYaml(joined)).not.toContain(heartbeatSettings("anvil").url);
  });

  it("is asked of Azure's watcher by nobody", () => {
    const azure = { via: "tailnet" };
    expect(heartbeatSchema.safeParse({ ...entry, reach: { ...reach, azure } }).success).toBe(false);
  });
});

describe("detection time", () => {
  it("is computed from the schedule: a poll, the next ones, and giving the last one up", () => {
    const everyMinute = { polls: 1, intervalSeconds: 0, everySeconds: 60, lateSeconds: 15 };
    expect(detectionTime(everyMinute, 2)).toEqual({ onTime: 130, atWorst: 145 });
    expect(detectionTime(everyMinute, 5).onTime).toBe(310);
    // Two polls 20 seconds apart, and 100 until the next run: the long gap counts once, then the short one.
    expect(detectionTime({ polls: 2, intervalSeconds: 20, everySeconds: 120, lateSeconds: 0 }, 2).onTime).toBe(130);
    expect(detectionTime({ polls: 2, intervalSeconds: 20, everySeconds: 120, lateSeconds: 0 }, 1).onTime).toBe(110);
  });

  it("is below two and a half minutes with the second watcher, and stated honestly of GitHub", () => {
    expect(detectionTime(azureSchedule, entry.alertAfter).atWorst).toBeLessThan(150);
    expect(detectionPromise(entry, { azure: true })).toEqual({
      github:
        "alert after 2 min 10 s at most while its runs are on time; late runs make it 32 min 10 s, and GitHub promises nothing",
      azure: "alert after 2 min 25 s at most",
      githubSilent: "noticed by Azure within 31 min 15 s",
      azureSilent: "noticed by GitHub within 15 min while its runs are on time",
    });
  });

  it("is what the page says", () => {
    const page = readFileSync(join(__dirname, "../../docs/heartbeat.md"), "utf8");
    const { github, azure, ...silence } = detectionPromise(entry, { azure: true });
    for (const promise of [github, azure, ...Object.values(silence)]) expect(page).toContain(promise);
  });
});

describe("heartbeat entry", () => {
  it("alerts after 2 and escalates after 5 in #ops unless told otherwise", () => {
    expect(entry).toMatchObject({ alertAfter: 2, escalateAfter: 5, channel: "#ops", branch: "main" });
  });

  it("refuses an escalation that comes no later than the alert", () => {
    const result = heartbeatSchema.safeParse({ ...entry, alertAfter: 5, escalateAfter: 5 });
    expect(result.error?.issues[0]?.message).toBe("expected more than alertAfter");
  });
});
