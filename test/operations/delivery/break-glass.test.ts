import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expression } from "../../../components/github-actions/workflow";
import { githubRepository } from "../../../lib/github/github-repository";
import { type BreakGlassRequest, useBreakGlass, validMinutes } from "../../../operations/delivery/break-glass";
import { reviewIncidents } from "../../../operations/delivery/incident-review";
import { page } from "../../../operations/delivery/page";
import { smallProject } from "../../cli/small-project";
import { GithubFake } from "./github-fake";
import { LocalServer } from "./local-server";
import { started } from "./workflow-fixture";

let github: GithubFake;
beforeEach(async () => {
  github = await GithubFake.start();
});
afterEach(() => github.server.stop());

const now = new Date("2026-03-01T10:00:00Z");
const later = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);
const ask = (changes: Partial<BreakGlassRequest> = {}) =>
  useBreakGlass(githubRepository(github.environment), {
    ...{ stack: "prod", actor: "ann", reason: "the database is full", runUrl: "https://run.example", now },
    ...changes,
  });

describe("the workflow of break-glass", () => {
  it("waits for no other run, and none takes its place: its group is the run's own", () => {
    const run = expression("github.run_id");
    const { concurrency } = started.named("break-glass.yml");
    expect(concurrency).toEqual({ group: `break-glass-${run}`, "cancel-in-progress": false });
    const jobs = started.jobsOf("break-glass.yml");
    expect(jobs.length).toBeGreaterThan(0);
    expect(jobs.filter(([, job]) => job.concurrency !== undefined)).toEqual([]);
  });
});

describe("break-glass", () => {
  it("opens an incident that says who, why and until when", async () => {
    const { incident, opened } = await ask({ reason: "full <!-- break-glass stack=dev -->\nnow" });
    expect(opened).toBe(true);
    expect(incident.until).toEqual(later(validMinutes));
    const [issue] = github.issues;
    expect(issue?.labels).toEqual(["break-glass"]);
    expect(issue?.body).toMatch(
      /^<!-- break-glass stack=prod actor=ann until=2026-03-01T11:00:00\.000Z -->\n@ann applies/,
    );
    expect(issue?.body).toContain("> full &lt;!-- break-glass stack=dev -->\n> now");
  });

  it("goes on under the same incident for its actor, and only for the limited time", async () => {
    await ask();
    expect(await ask({ now: later(59) })).toMatchObject({ opened: false, incident: { number: 1 } });
    await expect(ask({ now: later(60) })).rejects.toThrow(
      /ended at 2026-03-01T11:00.* was not reviewed yet: .*issues\/1/,
    );
    await expect(ask({ now: later(61), actor: "bob" })).rejects.toThrow("Review it first");
    expect(await ask({ now: later(61), stack: "hosts" })).toMatchObject({ opened: true });
  });

  it("needs a reason", async () => {
    await expect(ask({ reason: " because  " })).rejects.toThrow("needs a reason of at least 10 characters");
    expect(github.issues).toEqual([]);
  });

  it("is not fooled by an issue that somebody wrote", async () => {
    github.open("<!-- break-glass stack=prod actor=ann until=2099-01-01T00:00:00Z -->", "User");
    expect(await ask()).toMatchObject({ opened: true });
  });

  it("does not go on when GitHub does not, and asks again when it fails for a moment", async () => {
    github.trouble.push({ status: 502, body: "<html>Bad Gateway</html>" });
    expect(await ask()).toMatchObject({ opened: true });
    github.trouble.push({ status: 403, body: { message: "Resource not accessible by integration" } });
    await expect(ask({ stack: "hosts" })).rejects.toThrow("Resource not accessible by integration");
    github.trouble.push({ status: 200, body: "<html>maintenance</html>", headers: { "content-type": "text/html" } });
    await expect(ask({ stack: "hosts" })).rejects.toThrow("did not answer with a list of issues");
  });
});

describe("the review afterwards", () => {
  const review = () => reviewIncidents(githubRepository(github.environment), now);
  const approval = (login: string, type = "User") => [{ state: "APPROVED", user: { login, type } }];

  it("closes an incident once a linked pull request was approved by somebody else and merged", async () => {
    await ask();
    expect(await review()).toMatchObject([{ outcome: "waiting" }]);
    github.pullRequests.push({ number: 8, names: 1, merged: false, reviews: approval("bob") });
    github.pullRequests.push({ number: 9, names: 1, merged: true, reviews: approval("ann") });
    github.pullRequests.push({ number: 10, names: 1, merged: true, reviews: approval("robot", "Bot") });
    github.pullRequests.push({
      number: 11,
      names: 1,
      merged: true,
      reviews: [{ state: "COMMENTED", user: { login: "bob", type: "User" } }],
    });
    expect(await review()).toMatchObject([{ outcome: "waiting" }]);
    github.pullRequests.push({ number: 12, names: 1, merged: true, reviews: approval("bob") });
    expect(await review()).toMatchObject([{ outcome: "closed", by: 12 }]);
    expect(github.issues[0]).toMatchObject({ state: "closed", comments: ["Reviewed afterwards in #12."] });
    expect(await review()).toMatchObject([{ outcome: "reviewed" }]);
  });

  it("finds the review behind a hundred mentions and a hundred comments", async () => {
    await ask();
    for (let number = 100; number < 200; number += 1)
      github.pullRequests.push({ number, names: 1, merged: false, reviews: [] });
    const comment = { state: "COMMENTED", user: { login: "bob", type: "User" } };
    const reviews = [...Array.from({ length: 100 }, () => comment), ...approval("bob")];
    github.pullRequests.push({ number: 8, names: 1, merged: true, reviews });
    expect(await review()).toMatchObject([{ outcome: "closed", by: 8 }]);
  });

  it("opens an incident again that was closed without one", async () => {
    await ask();
    for (const issue of github.issues) issue.state = "closed";
    expect(await review()).toMatchObject([{ outcome: "reopened" }]);
    expect(github.issues[0]).toMatchObject({
      state: "open",
      comments: [expect.stringContaining("without the review")],
    });
  });
});

describe("a page", () => {
  it("reaches Slack and PagerDuty, says which did not take it, and never where they are", async () => {
    const server = await LocalServer.start(({ path }) => ({ status: path === "/slack/canary" ? 500 : 202 }));
    const failed = await page(
      { slack: `${server.url}/slack/canary`, pagerDuty: "canary-key", pagerDutyUrl: `${server.url}/pagerduty` },
      { summary: "ann deploys prod: <!channel> & more", link: "https://i.example/1", key: "k" },
    );
    expect(failed).toEqual(["Slack answered 500"]);
    const bodies = server.seen.map(({ path, body }) => [path, JSON.parse(body)]);
    expect(Object.fromEntries(bodies)).toMatchObject({
      "/slack/canary": { text: ":rotating_light: ann deploys prod: &lt;!channel&gt; &amp; more https://i.example/1" },
      "/pagerduty": {
        routing_key: "canary-key",
        event_action: "trigger",
        dedup_key: "k",
        payload: { severity: "critical" },
      },
    });
    await server.stop();
  });

  it("needs somebody to page", async () => {
    await expect(page({}, { summary: "", link: "", key: "" })).rejects.toThrow("nobody to page");
  });
});

describe("up --break-glass", () => {
  it("announces before it applies, and applies nothing when it cannot", async () => {
    const project = smallProject();
    const up = (environment: Readonly<Record<string, string>>) =>
      project.runHere(["up", "--stack", "dev", "--yes", "--break-glass", "the database is full"], environment);
    const alone = await up({});
    expect(alone.exitCode).toBe(2);
    expect(alone.errors).toContain("GitHub cannot be asked: GITHUB_REPOSITORY and RUN_TOKEN must be set");
    expect(alone.output).not.toContain("Applying:");
    const announced = await up({
      ...github.environment,
      INCIDENT_SLACK_WEBHOOK: `${github.server.url}/canary-webhook`,
    });
    expect(announced.exitCode, announced.errors).toBe(0);
    expect(announced.output).toContain("not paged: Slack answered 404");
    expect(announced.output.indexOf("Break-glass: incident https://github.example")).toBeLessThan(
      announced.output.indexOf("Applying:"),
    );
    expect(announced.output + announced.errors).not.toContain("canary");
    expect(github.issues).toHaveLength(1);
    project.remove();
  }, 60_000);
});
