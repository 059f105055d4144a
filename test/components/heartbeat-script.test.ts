import { describe, expect, it } from "vitest";
import { type Behaviour, type Incident, watchFromGithub } from "./watcher-fixture";

describe("heartbeat on GitHub", () => {
  it("says nothing while the endpoint answers, and enables its own workflow", async () => {
    const { exitCode, messages, incidents, requests } = await watchFromGithub([200, 200, 200]);
    expect({ exitCode, messages, incidents }).toEqual({ exitCode: 0, messages: [], incidents: [] });
    expect(requests[0]).toMatchObject({
      method: "PUT",
      url: "/repos/alai-org/alai-infra/actions/workflows/heartbeat-anvil.yml/enable",
    });
  });

  it("remembers a single failure and alerts nobody", async () => {
    const { messages, incidents } = await watchFromGithub([200, 500]);
    expect(messages).toEqual([]);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.body).toContain('"failures":1');
    expect(incidents[0]?.labels).toEqual(["heartbeat-anvil"]);
  });

  it("alerts after two failures, once, and escalates after five, once", async () => {
    const { messages, incidents } = await watchFromGithub([500, 500, 500, 500, 500, 500, 500]);
    expect(messages).toHaveLength(2);
    expect(messages[0]).toMatch(
      /^\/ops :red_circle: anvil does not answer: 2 failed polls since .* What to do: https:\/\/docs\.example\.com\/anvil$/,
    );
    expect(messages[1]).toMatch(/^\/escalation :rotating_light: anvil still does not answer: 5 failed polls/);
    expect(incidents[0]?.body).toContain('"failures":7,');
  });

  it("goes on counting in the next run", async () => {
    const first = await watchFromGithub([500]);
    const second = await watchFromGithub([500], { incidents: first.incidents });
    expect(first.messages).toEqual([]);
    expect(second.messages).toHaveLength(1);
    expect(second.incidents).toHaveLength(1);
  });

  it("says when the endpoint is back, and closes the incident", async () => {
    const { messages, incidents } = await watchFromGithub([500, 500, 200, 200]);
    expect(messages).toHaveLength(2);
    expect(messages[1]).toMatch(/^\/ops :large_green_circle: anvil answers again, after 2 failed polls/);
    expect(incidents[0]).toMatchObject({ state: "closed", comments: ["anvil answers again."] });
  });

  it.each<[string, Behaviour[]]>([
    ["hangs", ["hang", "hang"]],
    ["redirects to where all is well, or answers that there is nothing", ["redirect", 204]],
  ])("takes an endpoint for dead that %s", async (_what, behaviours) => {
    const { messages } = await watchFromGithub(behaviours);
    expect(messages).toEqual([expect.stringContaining("anvil does not answer: 2 failed polls")]);
  });

  it("opens no incident for one failure between answers, however often", async () => {
    const { messages, incidents } = await watchFromGithub([200, 500, 200, 500, 200, 500, 200]);
    expect({ messages, incidents }).toEqual({ messages: [], incidents: [] });
  });

  it("takes an endpoint that comes and goes for one incident: one alert, one escalation, one recovery", async () => {
    const first = await watchFromGithub([500, 500, 200, 500, 500, 200, 500, 500]);
    const second = await watchFromGithub([200, 500, 200, 200, 200], { incidents: first.incidents });
    const told = [...first.messages, ...second.messages].map((message) => message.split(": anvil")[0]);
    expect(told).toEqual(["/ops :red_circle", "/escalation :rotating_light", "/ops :large_green_circle"]);
    expect(second.incidents).toHaveLength(1);
    expect(second.incidents[0]).toMatchObject({ state: "closed", comments: ["anvil answers again."] });
  });

  it("says once that the count is lost, fails, and counts on from zero in the same incident", async () => {
    const incident = incidentWith("somebody edited this");
    const lost = await watchFromGithub([500], { incidents: [incident] });
    expect(lost.exitCode).toBe(1);
    expect(lost.output).toContain("incident 1 has no readable failure count");
    expect(lost.messages).toEqual([
      expect.stringContaining(":warning: anvil: incident 1 has no readable failure count"),
    ]);
    const after = await watchFromGithub([500, 200, 200], { incidents: lost.incidents });
    expect(after.exitCode).toBe(0);
    expect(after.messages.map((message) => message.slice(0, 20))).toEqual([
      "/ops :red_circle: an",
      "/ops :large_green_ci",
    ]);
    expect(after.incidents).toMatchObject([{ state: "closed" }]);
  });

  it("stays loud about a lost count until somebody was told", async () => {
    const incident = incidentWith('<!-- heartbeat {"failures":"many"} -->');
    const lost = await watchFromGithub([500], { incidents: [incident], slackStatus: 503 });
    expect(lost).toMatchObject({ exitCode: 1, incidents: [{ body: incident.body }] });
  });

  it("goes on when GitHub fails for a moment, and watches to the end when it cannot remember", async () => {
    const bad = { status: 502 };
    const ok = { status: 200 };
    const moment = await watchFromGithub([200], { trouble: [ok, bad, bad] });
    expect(moment).toMatchObject({ exitCode: 0, messages: [] });
    const forgetful = await watchFromGithub([500, 500, 500], { trouble: [ok, ok, ...Array(9).fill({ status: 403 })] });
    expect(forgetful.exitCode).toBe(1);
    expect(forgetful.messages).toHaveLength(1);
    const once = await watchFromGithub([500], { trouble: [ok, ok, bad] });
    expect(once.exitCode).toBe(1);
    expect(once.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  it("polls no more often than its interval says", async () => {
    const { polledAt } = await watchFromGithub(["hang", 200, 200], { more: { INTERVAL_SECONDS: "0.4" } });
    const [first = 0, , last = 0] = polledAt;
    expect(last - first).toBeGreaterThanOrEqual(750);
  });

  it("goes on watching when Slack is down, tells again at the next poll, and fails in the end", async () => {
    const { exitCode, messages, incidents } = await watchFromGithub([500, 500, 500], { slackStatus: 503 });
    expect(messages).toHaveLength(2);
    expect(incidents[0]?.body).toContain('"failures":3,');
    expect(incidents[0]?.body).toContain('"alerted":false');
    expect(exitCode).toBe(1);
  });

  it("says to whom was woken that the endpoint is back, also when the alert itself never got through", async () => {
    const woken = await watchFromGithub([500, 500, 500, 500, 500, 200, 500], { opsStatus: 503 });
    const escalations = woken.messages.filter((message) => message.startsWith("/escalation"));
    expect(escalations).toHaveLength(1);
    const back = await watchFromGithub([200, 200], { incidents: woken.incidents });
    expect(back.messages).toEqual([expect.stringContaining("anvil answers again, after 6 failed polls")]);
    expect(back.incidents).toMatchObject([{ state: "closed" }]);
  });

  it("prints neither address nor token", async () => {
    const { output, env } = await watchFromGithub([500, 500, 200], { slackStatus: 503 });
    for (const secret of [env.HEALTH_URL, "secret-path", env.SLACK_WEBHOOK, "github-token"]) {
      expect(output).not.toContain(secret);
    }
  });
});
function incidentWith(body: string): Incident {
  return { number: 1, state: "open", body, labels: ["heartbeat-anvil"], comments: [] };
}
